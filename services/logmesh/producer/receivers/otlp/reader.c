/* Reads LogRecords of OTLP into columns as parsing.py does, in a quarter of the time.
 *
 * What is unusual is left to Python: a record that protobuf's parser might read in another way makes `read` return None, an attribute that
 * is no text, whole number or truth value is asked for, and so is a body that is no text.
 *
 * https://protobuf.dev/programming-guides/encoding/, opentelemetry/proto/logs/v1/logs.proto
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- The encoding of protobuf ---- */

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
#define TAG(field, type) ((field) << 3 | (type))

struct span {
    const uint8_t *at, *end;
};

static size_t size_of(struct span span) {
    return (size_t)(span.end - span.at);
}

static bool read_varint(struct span *in, uint64_t *value) {
    *value = 0;
    for (int shift = 0; in->at < in->end && shift < 64; shift += 7) {
        uint8_t byte = *in->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return shift < 63 || byte < 2;
    }
    return false;
}

/* Tags and sizes have 32 bits, in five bytes at most. */
static bool read_varint32(struct span *in, uint64_t *value) {
    const uint8_t *begin = in->at;
    return read_varint(in, value) && in->at - begin <= 5 && *value <= UINT32_MAX;
}

/* Field number and wire type. */
static bool read_tag(struct span *in, uint64_t *tag) {
    return read_varint32(in, tag) && *tag >> 3 != 0;
}

static bool read_bytes(struct span *in, struct span *bytes) {
    uint64_t size;
    if (!read_varint32(in, &size) || size > size_of(*in)) return false;
    *bytes = (struct span){in->at, in->at + size};
    in->at += size;
    return true;
}

static bool read_fixed(struct span *in, uint64_t *value, int size) {
    if (size_of(*in) < (size_t)size) return false;
    *value = 0;
    for (int i = 0; i < size; i++) *value |= (uint64_t)in->at[i] << 8 * i;
    in->at += size;
    return true;
}

static bool skip(struct span *in, uint64_t tag) {
    uint64_t value;
    struct span bytes;
    switch (tag & 7) {
    case VARINT: return read_varint(in, &value);
    case FIXED64: return read_fixed(in, &value, 8);
    case BYTES: return read_bytes(in, &bytes);
    case FIXED32: return read_fixed(in, &value, 4);
    default: return false;
    }
}

/* ---- JSON ---- */

struct json {
    char *begin, *at, *end;
};

/* Room for `size` bytes more. False, with MemoryError, for none. */
static bool reserve(struct json *json, size_t size) {
    size_t used = (size_t)(json->at - json->begin), room = (size_t)(json->end - json->begin);
    if (room - used >= size) return true;
    room = used + size > 2 * room ? used + size : 2 * room;
    char *begin = PyMem_Realloc(json->begin, room);
    if (begin == NULL) {
        PyErr_NoMemory();
        return false;
    }
    *json = (struct json){begin, begin + used, begin + room};
    return true;
}

static void append(struct json *json, const void *bytes, size_t size) {
    memcpy(json->at, bytes, size);
    json->at += size;
}

/* Where a text ends that JSON has as it is. */
static const uint8_t *end_of_plain(struct span text) {
    const uint64_t ones = UINT64_MAX / 255, highest = ones << 7;
    for (; size_of(text) >= 8; text.at += 8) {
        uint64_t eight, quotes, backslashes;
        memcpy(&eight, text.at, 8);
        quotes = eight ^ ones * '"';
        backslashes = eight ^ ones * '\\';
        /* A byte's highest bit says that it, or one before it in the number, is not plain: which one is looked for below. */
        if ((eight | (eight - ones * ' ') | (quotes - ones) | (backslashes - ones)) & highest) break;
    }
    while (text.at < text.end && *text.at >= ' ' && *text.at < 0x80 && *text.at != '"' && *text.at != '\\') text.at++;
    return text.at;
}

/* Bytes of the character of UTF-8 that begins here with no ASCII, 0 for none. */
static size_t character(struct span text) {
    uint8_t first = text.at[0];
    size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || size_of(text) < size) return 0;
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80, most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text.at[1] < least || text.at[1] > most) return 0;
    for (size_t i = 2; i < size; i++)
        if (text.at[i] < 0x80 || text.at[i] > 0xbf) return 0;
    return size;
}

/* A text, for which six times its bytes are reserved, and two. False where it is no UTF-8. */
static bool append_text(struct json *json, struct span text) {
    static const char escaped[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\", hex[] = "0123456789abcdef";
    append(json, "\"", 1);
    while (true) {
        const uint8_t *end = end_of_plain(text);
        append(json, text.at, (size_t)(end - text.at));
        if (end == text.end) break;
        text.at = end;
        if (*end >= 0x80) {
            size_t size = character(text);
            if (size == 0) return false;
            append(json, end, size);
            text.at += size;
            continue;
        }
        const char *found = memchr(escaped, *end, sizeof escaped - 1);
        if (found) append(json, (char[]){'\\', letters[found - escaped]}, 2);
        else append(json, (char[]){'\\', 'u', '0', '0', hex[*end >> 4], hex[*end & 15]}, 6);
        text.at++;
    }
    append(json, "\"", 1);
    return true;
}

static void append_number(struct json *json, int64_t number) {
    char digits[20], *at = digits + sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0) append(json, "-", 1);
    append(json, at, (size_t)(digits + sizeof digits - at));
}

/* ---- Attributes: `{"name":value,"other":value}` ---- */

static bool append_value(struct json *json, struct span value) {
    uint64_t tag, number;
    struct span text;
    if (!read_tag(&value, &tag)) return false;
    switch (tag) {
    case TAG(1, BYTES): return read_bytes(&value, &text) && value.at == value.end && append_text(json, text);
    case TAG(2, VARINT):
        if (!read_varint(&value, &number) || value.at != value.end) return false;
        append(json, number ? "true" : "false", number ? 4 : 5);
        return true;
    case TAG(3, VARINT):
        if (!read_varint(&value, &number) || value.at != value.end) return false;
        append_number(json, (int64_t)number);
        return true;
    default: return false;
    }
}

/* A KeyValue of a kind that needs no parser. */
static bool append_plain(struct json *json, struct span attribute) {
    uint64_t tag;
    struct span name, value;
    if (!read_tag(&attribute, &tag) || tag != TAG(1, BYTES) || !read_bytes(&attribute, &name)) return false;
    if (!read_tag(&attribute, &tag) || tag != TAG(2, BYTES) || !read_bytes(&attribute, &value)) return false;
    if (attribute.at != attribute.end || !append_text(json, name)) return false;
    append(json, ":", 1);
    return append_value(json, value);
}

/* Any KeyValue; `member` is called for what needs a parser, and says `,"name":value`. False with an exception. */
static bool append_attribute(struct json *json, struct span attribute, bool is_first, PyObject *member) {
    if (!reserve(json, 6 * size_of(attribute) + 32)) return false;
    append(json, is_first ? "{" : ",", 1);
    size_t used = (size_t)(json->at - json->begin);
    if (append_plain(json, attribute)) return true;
    json->at = json->begin + used;
    PyObject *written = PyObject_CallFunction(member, "y#", attribute.at, (Py_ssize_t)size_of(attribute));
    char *bytes;
    Py_ssize_t size;
    bool is_written = written && PyBytes_AsStringAndSize(written, &bytes, &size) == 0 && reserve(json, (size_t)size + 1);
    if (is_written && size) append(json, bytes + 1, (size_t)size - 1);
    Py_XDECREF(written);
    return is_written;
}

/* ---- Records ---- */

struct record {
    uint64_t time, observed, severity, dropped, flags;
    struct span level, event, trace, span, body;
    Py_ssize_t attributes;
    bool has_body;
};

enum outcome { READ, UNUSUAL, FAILED };

/* Its attributes become `json`. */
static enum outcome read_record(struct span in, struct record *record, struct json *json, PyObject *member) {
    uint64_t tag;
    struct span bytes;
    *record = (struct record){0};
    json->at = json->begin;
    while (in.at < in.end) {
        bool is_read = false;
        if (!read_tag(&in, &tag)) return UNUSUAL;
        switch (tag) {
        case TAG(1, FIXED64): is_read = read_fixed(&in, &record->time, 8); break;
        case TAG(2, VARINT): is_read = read_varint(&in, &record->severity); break;
        case TAG(3, BYTES): is_read = read_bytes(&in, &record->level); break;
        case TAG(5, BYTES):
            is_read = !record->has_body && read_bytes(&in, &record->body); /* protobuf makes one of two */
            record->has_body = true;
            break;
        case TAG(6, BYTES):
            is_read = read_bytes(&in, &bytes);
            if (is_read && !append_attribute(json, bytes, record->attributes++ == 0, member)) return FAILED;
            break;
        case TAG(7, VARINT): is_read = read_varint(&in, &record->dropped); break;
        case TAG(8, FIXED32): is_read = read_fixed(&in, &record->flags, 4); break;
        case TAG(9, BYTES): is_read = read_bytes(&in, &record->trace); break;
        case TAG(10, BYTES): is_read = read_bytes(&in, &record->span); break;
        case TAG(11, FIXED64): is_read = read_fixed(&in, &record->observed, 8); break;
        case TAG(12, BYTES): is_read = read_bytes(&in, &record->event); break;
        default: is_read = skip(&in, tag);
        }
        if (!is_read) return UNUSUAL;
    }
    if (record->attributes) {
        if (!reserve(json, 1)) return FAILED;
        append(json, "}", 1);
    }
    return READ;
}

/* ---- Columns ---- */

/* As columns.py has them. */
enum column { TIMES, OBSERVED, SEVERITIES, LEVELS, EVENTS, DROPPED, TRACES, SPANS, FLAGS, ATTRIBUTES, COUNTS, BODIES, STRUCTURED, COLUMNS };

struct columns {
    PyObject *lists[COLUMNS];
    Py_ssize_t at;
};

/* Takes a reference; false, with an exception, for NULL. */
static bool put(struct columns *columns, enum column column, PyObject *value) {
    if (value == NULL) return false;
    PyList_SET_ITEM(columns->lists[column], columns->at, value);
    return true;
}

static bool put_number(struct columns *columns, enum column column, uint64_t number) {
    return put(columns, column, PyLong_FromUnsignedLongLong(number));
}

static bool put_bytes(struct columns *columns, enum column column, struct span bytes) {
    return put(columns, column, PyBytes_FromStringAndSize((const char *)bytes.at, (Py_ssize_t)size_of(bytes)));
}

/* Most records have the same as the one before. */
static bool put_repeated(struct columns *columns, enum column column, struct span bytes) {
    if (columns->at) {
        PyObject *before = PyList_GET_ITEM(columns->lists[column], columns->at - 1);
        size_t size = size_of(bytes);
        if (size && (size_t)PyBytes_GET_SIZE(before) == size && memcmp(PyBytes_AS_STRING(before), bytes.at, size) == 0)
            return put(columns, column, Py_NewRef(before));
    }
    return put_bytes(columns, column, bytes);
}

static bool put_id(struct columns *columns, enum column column, struct span id, size_t size) {
    return put_repeated(columns, column, size_of(id) == size ? id : (struct span){0});
}

/* `body_of` is called for a body that is not one text. */
static bool put_body(struct columns *columns, struct span body, PyObject *body_of) {
    struct span left = body, text;
    uint64_t tag;
    if (body.at == body.end) return put_bytes(columns, BODIES, body) && put(columns, STRUCTURED, Py_NewRef(Py_False));
    if (read_tag(&left, &tag) && tag == TAG(1, BYTES) && read_bytes(&left, &text) && left.at == left.end)
        return put_bytes(columns, BODIES, text) && put(columns, STRUCTURED, Py_NewRef(Py_False));
    PyObject *read = PyObject_CallFunction(body_of, "y#", body.at, (Py_ssize_t)size_of(body)), *json, *structured;
    bool is_read = read && PyArg_ParseTuple(read, "SO", &json, &structured) && put(columns, BODIES, Py_NewRef(json)) &&
                   put(columns, STRUCTURED, Py_NewRef(structured));
    Py_XDECREF(read);
    return is_read;
}

static bool put_record(struct columns *columns, const struct record *record, const struct json *json, PyObject *body_of) {
    struct span attributes = {(const uint8_t *)json->begin, (const uint8_t *)json->at};
    return put_number(columns, TIMES, record->time) && put_number(columns, OBSERVED, record->observed) &&
           put(columns, SEVERITIES, PyLong_FromLong((int32_t)record->severity)) && put_repeated(columns, LEVELS, record->level) &&
           put_repeated(columns, EVENTS, record->event) && put_number(columns, DROPPED, (uint32_t)record->dropped) &&
           put_id(columns, TRACES, record->trace, 16) && put_id(columns, SPANS, record->span, 8) &&
           put_number(columns, FLAGS, record->flags) && put_bytes(columns, ATTRIBUTES, attributes) &&
           put(columns, COUNTS, PyLong_FromSsize_t(record->attributes)) && put_body(columns, record->body, body_of);
}

static enum outcome read_records(PyObject *records, struct columns *columns, PyObject *member, PyObject *body_of) {
    struct json json = {0};
    struct record record;
    enum outcome outcome = READ;
    for (; columns->at < PyList_GET_SIZE(records) && outcome == READ; columns->at++) {
        char *data;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyList_GET_ITEM(records, columns->at), &data, &size) < 0) outcome = FAILED;
        else outcome = read_record((struct span){(uint8_t *)data, (uint8_t *)data + size}, &record, &json, member);
        if (outcome == READ && !put_record(columns, &record, &json, body_of)) outcome = FAILED;
    }
    PyMem_Free(json.begin);
    return outcome;
}

static PyObject *reader_read(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *records, *member, *body_of, *tuple = NULL;
    if (!PyArg_ParseTuple(args, "O!OO", &PyList_Type, &records, &member, &body_of)) return NULL;
    struct columns columns = {0};
    enum outcome outcome = READ;
    for (int column = 0; column < COLUMNS && outcome == READ; column++)
        if ((columns.lists[column] = PyList_New(PyList_GET_SIZE(records))) == NULL) outcome = FAILED;
    if (outcome == READ) outcome = read_records(records, &columns, member, body_of);
    if (outcome == READ && (tuple = PyTuple_New(COLUMNS)) != NULL)
        for (int column = 0; column < COLUMNS; column++) PyTuple_SET_ITEM(tuple, column, Py_NewRef(columns.lists[column]));
    for (int column = 0; column < COLUMNS; column++) Py_XDECREF(columns.lists[column]);
    return outcome == UNUSUAL ? Py_NewRef(Py_None) : tuple;
}

static PyMethodDef methods[] = {{"read", reader_read, METH_VARARGS, "See reader.pyi."}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "reader", .m_methods = methods};

PyMODINIT_FUNC PyInit_reader(void) {
    return PyModuleDef_Init(&module);
}

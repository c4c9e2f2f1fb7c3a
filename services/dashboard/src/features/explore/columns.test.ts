import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { attributesOf } from "@/lib/testing";
import { columnsOf, conditionAt, fieldOfPath, toggledColumn, valueOf } from "./columns";

test("columns are told apart by commas outside of quotes, and come and go", () => {
  expect(columnsOf('instance,attributes."a,b",instance')).toEqual(["instance", 'attributes."a,b"']);
  expect(toggledColumn("instance", "trace_id")).toBe("instance,trace_id");
  expect(toggledColumn("instance,trace_id", "instance")).toBe("trace_id");
});

test("a field is found by its whole key, or member by member", () => {
  const record = create(LogRecordSchema, {
    attributes: attributesOf({ http: { status: 500 }, "user.id": "ann", "odd key": true, labels: { "app.kubernetes.io/name": "web" } }),
    resource: { serviceName: "cart", attributes: attributesOf({ "k8s.pod.name": "cart-0" }) },
  });
  expect(valueOf(record, "attributes.http.status")).toBe("500");
  expect(valueOf(record, "attributes.user.id")).toBe("ann");
  expect(valueOf(record, fieldOfPath(["attributes", "odd key"]))).toBe("true");
  expect(valueOf(record, fieldOfPath(["attributes", "labels", "app.kubernetes.io/name"]))).toBe("web");
  expect(valueOf(record, "resource.k8s.pod.name")).toBe("cart-0");
  expect(valueOf(record, "service")).toBe("cart");
  expect(valueOf(record, "attributes.none")).toBe("");
});

test("what is excluded leaves the records without the field", () => {
  expect(conditionAt(["attributes", "status"], 500, false)).toBe("NOT attributes.status = 500");
  expect(conditionAt(["attributes", "status"], 500, true)).toBe("attributes.status = 500");
  expect(conditionAt(["attributes", "tags"], ["a"], true)).toBe("attributes.tags:*");
});

test("what is included is true of the record that it was taken from", () => {
  expect(conditionAt(["attributes", "user"], "", true)).toBe('attributes.user = ""');
  expect(conditionAt(["attributes", "user"], "", false)).toBe('NOT attributes.user = ""');
  expect(conditionAt(["attributes", "user"], null, true)).toBe("NOT attributes.user:*");
  expect(conditionAt(["attributes", "user"], null, false)).toBe("attributes.user:*");
  expect(conditionAt(["attributes", "labels", "com.docker.compose.service"], "web", true)).toBe('attributes.labels."com.docker.compose.service" = web');
});

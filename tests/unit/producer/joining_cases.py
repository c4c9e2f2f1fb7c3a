"""Records of many lines, as languages, servers and tools write them: each case is a file, record by record.

It is long because it is a list, and each case is as short as its kind allows.
"""

from typing import Final


def _case(text: str) -> list[str]:
    """Records are set apart by a line of `%%`."""
    return text.strip("\n").split("\n%%\n")


CASES: Final[dict[str, list[str]]] = {
    "java, behind a line that is no error": _case("""
2026-01-02 03:04:05,123 INFO [main] shop.Cart - trying once more
java.net.ConnectException: Connection refused
	at shop.Cart.load(Cart.java:12)
	at shop.Main.main(Main.java:3)
%%
2026-01-02 03:04:06,123 INFO [main] shop.Cart - loaded
"""),
    "java, in a message of several lines": _case("""
2026-01-02 03:04:05,123 ERROR shop.Cart - not saved
org.postgresql.util.PSQLException: ERROR: duplicate key
  Detail: Key (id)=(7) already exists.
Where: in the cart
	at shop.Cart.save(Cart.java:12)
Caused by: shop.Broken: no
	at shop.Cart.check(Cart.java:90)
	... 12 more
%%
2026-01-02 03:04:06,123 INFO shop.Cart - next
"""),
    "java, without any time": _case("""
starting
%%
Exception in thread "main" java.lang.IllegalStateException: no
	at shop.Main.main(Main.java:3)
Caused by: java.io.IOException
	... 1 more
%%
stopped
"""),
    "java, a message of several lines without any time": _case("""
starting
%%
shop.CartException: not saved
the cart is full
	at shop.Main.main(Main.java:3)
%%
stopped
"""),
    "java, levels only": _case("""
INFO  shop.Cart - ready
%%
ERROR shop.Cart - not saved
java.lang.IllegalStateException: no
	at shop.Main.main(Main.java:3)
	Suppressed: java.io.IOException: closed
		at shop.Main.close(Main.java:9)
%%
WARN  shop.Cart - slow
"""),
    "java, right-aligned levels": _case("""
 INFO shop.Cart - ready
%%
ERROR shop.Cart - not saved
	at shop.Main.main(Main.java:3)
%%
 WARN shop.Cart - slow
%%
DEBUG shop.Cart - done
"""),
    "kotlin coroutines": _case("""
03:04:05.123 [worker-1] ERROR shop.Cart - not saved
kotlinx.coroutines.TimeoutCancellationException: Timed out waiting for 100 ms
	(Coroutine boundary)
	at shop.CartKt.load(Cart.kt:12)
%%
03:04:06.123 [worker-1] INFO shop.Cart - next
"""),
    "scala, Failure": _case("""
2026-01-02 03:04:05 ERROR spark.Executor: task 1 failed
scala.MatchError: None (of class scala.None$)
	at shop.Cart$.load(Cart.scala:12)
%%
2026-01-02 03:04:06 INFO spark.Executor: next
"""),
    "spring's banner": _case("""
  .   ____          _
 /\\\\ / ___'_ __ _ _(_)_ __
%%
2026-01-02T03:04:05.123+01:00  INFO 7 --- [main] shop.Main : starting
%%
2026-01-02T03:04:06.123+01:00  WARN 7 --- [main] shop.Main : slow
"""),
    "python, levels only": _case("""
INFO:shop:ready
%%
ERROR:shop:not saved
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in save
    self.check()
ValueError: no
%%
INFO:shop:next
"""),
    "python, not caught and alone": _case("""
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in <module>
    main()
  File "/srv/cart.py", line 3, in main
    raise KeyError("id")
KeyError: 'id'
%%
next
"""),
    "python, a group of exceptions": _case("""
2026-01-02 03:04:05,123 - shop - ERROR - failed
  + Exception Group Traceback (most recent call last):
  |   File "/srv/cart.py", line 12, in save
  |     async with group:
  | ExceptionGroup: two of them (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +---------------- 2 ----------------
    | KeyError: 'b'
    +------------------------------------
%%
2026-01-02 03:04:06,123 - shop - INFO - next
"""),
    "python, a group of exceptions alone": _case("""
  + Exception Group Traceback (most recent call last):
  |   File "/srv/cart.py", line 12, in save
  | ExceptionGroup: two of them (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +------------------------------------
%%
next
"""),
    "python, an exception with a message of several lines": _case("""
2026-01-02 03:04:05,123 - shop - ERROR - failed
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in save
pydantic.ValidationError: 1 validation error for Cart
id
  Field required [type=missing]
a note
%%
2026-01-02 03:04:06,123 - shop - INFO - next
"""),
    "python, asyncio": _case("""
ERROR:asyncio:Task exception was never retrieved
future: <Task finished name='Task-1' exception=ValueError('no')>
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in save
ValueError: no

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/cart.py", line 20, in run
shop.errors.Failed
%%
INFO:asyncio:next
"""),
    "go, a panic": _case("""
2026/01/02 03:04:05 listening
%%
panic: runtime error: index out of range [3] with length 3 [recovered]
	panic: once more

goroutine 1 [running]:
main.(*Cart).load(0xc000010000, {0x1, 0x2})
	/src/cart.go:12 +0x1d
created by main.main in goroutine 1
	/src/main.go:3 +0x45
exit status 2
%%
2026/01/02 03:04:06 listening
"""),
    "go, a signal": _case("""
ready
%%
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48b7e0]

goroutine 1 [running]:
main.main()
	/src/main.go:9 +0x1d

goroutine 7 [select]:
main.work(...)
	/src/main.go:30
%%
ready
"""),
    "go, fatal error": _case("""
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
	/src/main.go:9 +0x1d
exit status 2
%%
ready
"""),
    "go, a race": _case("""
2026/01/02 03:04:05 listening
%%
==================
WARNING: DATA RACE
Read at 0x00c0000b4010 by goroutine 7:
  main.main.func1()
      /src/main.go:12 +0x3c

Previous write at 0x00c0000b4010 by main goroutine:
  main.main()
      /src/main.go:9 +0x88
==================
%%
2026/01/02 03:04:06 listening
"""),
    "c++, a sanitizer": _case("""
ready
%%
=================================================================
==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010
READ of size 4 at 0x602000000010 thread T0
    #0 0x4f5a3c in main /src/cart.cc:12:10

0x602000000010 is located 0 bytes inside of 4-byte region
freed by thread T0 here:
    #0 0x4c2f1d in operator delete(void*)

previously allocated by thread T0 here:
    #0 0x4c26cd in operator new(unsigned long)

SUMMARY: AddressSanitizer: heap-use-after-free /src/cart.cc:12:10 in main
Shadow bytes around the buggy address:
  0x0c047fff7fb0: 00 00 00 00
=>0x0c047fff8000: fa fa[fd]fa
==4711==ABORTING
%%
ready
"""),
    "c++, terminate": _case("""
ready
%%
terminate called after throwing an instance of 'std::runtime_error'
  what():  no
%%
ready
"""),
    "valgrind": _case("""
==4711== Invalid read of size 4
==4711==    at 0x4005F6: main (cart.c:12)
==4711==  Address 0x5204040 is 0 bytes inside a block
%%
ready
"""),
    "rust, a panic alone": _case("""
ready
%%
thread 'main' panicked at src/main.rs:12:5:
assertion `left == right` failed
  left: 1
 right: 2
stack backtrace:
   0: rust_begin_unwind
             at /rustc/library/std/src/panicking.rs:645:5
   1: shop::main
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
%%
ready
"""),
    "rust, tracing without time": _case("""
 INFO shop::cart: ready
%%
 WARN shop::cart: slow
%%
ERROR shop::cart: not saved
%%
DEBUG shop::cart: done
"""),
    "rust, between lines with a time": _case("""
2026-01-02T03:04:05.123456Z  INFO shop: ready
%%
thread 'tokio-runtime-worker' panicked at src/main.rs:12:5:
no
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
%%
2026-01-02T03:04:06.123456Z  WARN shop: slow
"""),
    "node, not caught": _case("""
ready
%%
/srv/cart.js:12
    throw new Error("no");
    ^

Error: no
    at save (/srv/cart.js:12:11)
    at Object.<anonymous> (/srv/cart.js:20:1) {
  code: 'E_CART'
}

Node.js v22.1.0
%%
ready
"""),
    "node, an error that was logged": _case("""
2026-01-02T03:04:05.123Z error: not saved
TypeError: Cannot read properties of undefined (reading 'id')
    at save (/srv/cart.js:12:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
%%
2026-01-02T03:04:06.123Z info: next
"""),
    "node, a rejection": _case("""
node:internal/process/promises:288
            triggerUncaughtException(err, true /* fromPromise */);
            ^

[UnhandledPromiseRejection: This error originated either by throwing] {
  code: 'ERR_UNHANDLED_REJECTION'
}

Node.js v22.1.0
%%
ready
"""),
    "dotnet, simple console": _case("""
info: Shop.Cart[14]
      Now listening on: http://[::]:80
%%
fail: Shop.Cart[0]
      not saved
      System.InvalidOperationException: no
         at Shop.Cart.Save() in /src/Cart.cs:line 12
%%
warn: Shop.Cart[0]
      slow
%%
info: Shop.Cart[0]
      next
"""),
    "dotnet, not handled": _case("""
ready
%%
Unhandled exception. System.InvalidOperationException: no
 ---> System.IO.IOException: disk
   at Shop.Disk.Write()
   --- End of inner exception stack trace ---
   at Shop.Cart.Save()
--- End of stack trace from previous location ---
   at Shop.Main()
%%
ready
"""),
    "dotnet, serilog": _case("""
[03:04:05 INF] ready
%%
[03:04:06 ERR] not saved
System.InvalidOperationException: no
   at Shop.Cart.Save()
--- End of stack trace from previous location ---
   at Shop.Main()
%%
[03:04:07 INF] next
"""),
    "ruby, since 2.5": _case("""
/srv/cart.rb:12:in `save': no (RuntimeError)
	from /srv/cart.rb:20:in `<main>'
%%
ready
"""),
    "ruby, reversed": _case("""
Traceback (most recent call last):
	1: from /srv/cart.rb:20:in `<main>'
/srv/cart.rb:12:in `save': no (RuntimeError)
%%
ready
"""),
    "ruby, its logger": _case("""
I, [2026-01-02T03:04:05.123456 #7]  INFO -- : ready
%%
E, [2026-01-02T03:04:06.123456 #7] ERROR -- : no (RuntimeError)
/srv/cart.rb:12:in `save'
/srv/cart.rb:20:in `<main>'
%%
I, [2026-01-02T03:04:07.123456 #7]  INFO -- : next
"""),
    "php": _case("""
[02-Jan-2026 03:04:05 UTC] PHP Fatal error:  Uncaught RuntimeException: no in /srv/cart.php:12
Stack trace:
#0 /srv/cart.php(20): save()
#1 {main}

Next LogicException: once more in /srv/cart.php:13
Stack trace:
#0 {main}
  thrown in /srv/cart.php on line 13
%%
[02-Jan-2026 03:04:06 UTC] PHP Notice:  next
"""),
    "php, on the console": _case("""
ready
%%
PHP Fatal error:  Uncaught RuntimeException: no in /srv/cart.php:12
Stack trace:
#0 /srv/cart.php(20): save()
#1 {main}
  thrown in /srv/cart.php on line 12
%%
ready
"""),
    "php, laravel": _case("""
[2026-01-02 03:04:05] local.ERROR: no {"exception":"[object] (RuntimeException(code: 0): no at /srv/cart.php:12)
[stacktrace]
#0 /srv/cart.php(20): save()
#1 {main}
"}
%%
[2026-01-02 03:04:06] local.INFO: next
"""),
    "elixir": _case("""
03:04:05.123 [error] GenServer Shop.Cart terminating
** (RuntimeError) no
    (shop 0.1.0) lib/cart.ex:12: Shop.Cart.handle_call/3
Last message (from #PID<0.7.0>): :save
State: %{items: []}
%%
03:04:06.123 [info] next
"""),
    "erlang, a report": _case("""
=ERROR REPORT==== 2-Jan-2026::03:04:05.123456 ===
** Generic server cart terminating
** Last message in was save
** When Server state == []
** Reason for termination ==
** {badarg,[{cart,save,0,[]}]}
%%
=INFO REPORT==== 2-Jan-2026::03:04:06.123456 ===
    application: shop
    exited: stopped
%%
=ERROR REPORT==== 2-Jan-2026::03:04:07.123456 ===
no
"""),
    "postgresql, with tabs": _case("""
2026-01-02 03:04:05.123 UTC [7] ERROR:  relation "cart" does not exist at character 15
%%
2026-01-02 03:04:05.123 UTC [7] STATEMENT:  select id,
		count(*)
	from cart
%%
2026-01-02 03:04:06.123 UTC [7] LOG:  duration: 12.123 ms  statement: select 1
"""),
    "postgresql, psql": _case("""
ERROR:  column "x" does not exist
LINE 1: select x from cart
               ^
HINT:  Perhaps you meant to reference the column "cart.id".
%%
ready
"""),
    "mysql, slow queries": _case("""
# Time: 2026-01-02T03:04:05.123456Z
# User@Host: shop[shop] @ localhost []  Id:     7
# Query_time: 1.200000  Lock_time: 0.000001 Rows_sent: 1  Rows_examined: 7
SET timestamp=1767323045;
select *
from cart;
%%
# Time: 2026-01-02T03:04:06.123456Z
# User@Host: shop[shop] @ localhost []  Id:     7
select 1;
%%
# Time: 2026-01-02T03:04:07.123456Z
select 2;
"""),
    "hibernate, with a time": _case("""
2026-01-02 03:04:05,123 DEBUG org.hibernate.SQL -
    select
        c1_0.id
    from
        cart c1_0
%%
2026-01-02 03:04:06,123 INFO next
"""),
    "hibernate, without": _case("""
Hibernate:
    select
        c1_0.id
    from
        cart c1_0
%%
Hibernate:
    select
        1
"""),
    "java.util.logging": _case("""
Jan 02, 2026 3:04:05 AM shop.Cart save
SEVERE: not saved
java.lang.IllegalStateException: no
	at shop.Main.main(Main.java:3)
%%
Jan 02, 2026 12:04:06 PM shop.Cart save
INFO: next
%%
Jan 02, 2026 12:04:07 PM shop.Cart save
WARNING: slow
"""),
    "pretty-printed JSON": _case("""
{
  "level": "error",
  "cart": {
    "id": 7
  }
}
%%
{
  "level": "info"
}
%%
{
  "level": "warn"
}
"""),
    "pretty-printed JSON behind a line": _case("""
2026-01-02 03:04:05,123 INFO answer:
{
  "id": 7,
  "items": [
    1
  ]
}
%%
2026-01-02 03:04:06,123 INFO next
"""),
    "JSON, and a panic between": _case("""
{"level":"info","msg":"ready"}
%%
panic: no

goroutine 1 [running]:
main.main()
	/src/main.go:9 +0x1d
%%
{"level":"info","msg":"ready"}
%%
 {"level":"warn","msg":"indented"}
%%
{"level":"info","msg":"ready"}
"""),
    "XML": _case("""
<event id="1">
  <level>ERROR</level>
</event>
%%
<event id="2">
<level>INFO</level>
<message>next</message>
</event>
%%
ready
"""),
    "XML behind a line": _case("""
2026-01-02 03:04:05,123 INFO answer:
<?xml version="1.0"?>
<cart>
<id>7</id>
</cart>
%%
2026-01-02 03:04:06,123 INFO next
"""),
    "a thread dump": _case("""
2026-01-02 03:04:05
Full thread dump OpenJDK 64-Bit Server VM (21.0.1+12 mixed mode):

"main" #1 prio=5 os_prio=0 tid=0x1 nid=0x2 runnable
   java.lang.Thread.State: RUNNABLE
	at shop.Main.main(Main.java:3)
	- locked <0x1> (a shop.Cart)

"GC Thread#0" os_prio=0 tid=0x3 nid=0x4 runnable

JNI global refs: 14, weak refs: 0
%%
2026-01-02 03:04:06,123 INFO next
"""),
    "a list": _case("""
2026-01-02 03:04:05,123 INFO options:
- one
- two
* three
  four
%%
2026-01-02 03:04:06,123 INFO next
%%
2026-01-02 03:04:07,123 INFO times:
  10:00:00 one
  2026-01-02 03:04:05 two
%%
2026-01-02 03:04:08,123 INFO next
"""),
    "a table": _case("""
2026-01-02 03:04:05,123 INFO carts:
+----+-------+
| id | count |
+----+-------+
|  7 |     1 |
+----+-------+
%%
2026-01-02 03:04:06,123 INFO next
"""),
    "blank lines without a time": _case("""
a
%%

%%
b
%%

%%

%%
c
"""),
    "hours that are padded": _case("""
 9:59:58 INFO one
%%
 9:59:59 WARN two
%%
10:00:00 INFO three
%%
 1:00:00 INFO four
"""),
    "hours that are padded later": _case("""
22:00:00 INFO one
%%
23:00:00 INFO two
%%
 1:00:00 INFO three
	more of three
%%
 2:00:00 INFO four
"""),
    "levels that are right-aligned in eight columns": _case("""
    INFO shop: ready
%%
 WARNING shop: slow
%%
CRITICAL shop: not saved
           more of it
%%
   ERROR shop: no
"""),
    "a server's own lines between those of its framework": _case("""
2026-01-02 03:04:05,123 - shop - INFO - ready
%%
INFO:     10.0.0.1:5000 - "GET /cart HTTP/1.1" 200 OK
%%
2026-01-02 03:04:06,123 - shop - INFO - next
%%
GET /cart 200 1.234 ms - 12
%%
{"level":"info","msg":"ready"}
%%
2026-01-02 03:04:07,123 - shop - INFO - next
%%
time="2026-01-02T03:04:05Z" level=info msg=ready
%%
10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 12
%%
2026-01-02 03:04:07,123 - shop - INFO - next
"""),
    "a banner with a time, and lines without": _case("""
2026-01-02 03:04:05 backup begins
%%
copying a
%%
copying b
%%
ERROR: disk full
"""),
    "colours": _case("""
\x1b[2m2026-01-02T03:04:05.123456Z\x1b[0m \x1b[31mERROR\x1b[0m no
details: 7
%%
\x1b[2m2026-01-02T03:04:06.123456Z\x1b[0m \x1b[32m INFO\x1b[0m next
%%
\x1b[2m2026-01-02T03:04:07.123456Z\x1b[0m \x1b[32m INFO\x1b[0m next
"""),
    "syslog": _case("""
Jan  2 03:04:05 host app[7]: no
	at shop.Main.main(Main.java:3)
%%
Jan 12 03:04:06 host app[7]: \tindented
%%
<27>Jan 12 03:04:06 host app[7]: next
"""),
    "compose": _case("""
web-1  | 2026-01-02 03:04:05,123 ERROR no
web-1  | java.lang.IllegalStateException: no
web-1  | \tat shop.Main.main(Main.java:3)
%%
db-1   | 2026-01-02 03:04:05.123 UTC [7] LOG:  ready
%%
web-1  | 2026-01-02 03:04:06,123 INFO next
%%
db-1   | 2026-01-02 03:04:06.123 UTC [7] LOG:  next
db-1   | more of it
%%
web-1  | 2026-01-02 03:04:07,123 INFO next
web-1  | more of it
"""),
    "kubectl's time stamps": _case("""
2026-01-02T03:04:05.123456789Z ERROR no
2026-01-02T03:04:05.123456790Z java.lang.IllegalStateException: no
2026-01-02T03:04:05.123456791Z \tat shop.Main.main(Main.java:3)
%%
2026-01-02T03:04:06.123456789Z ready
%%
2026-01-02T03:04:07.123456789Z  INFO indented
"""),
    "carriage returns": _case("""
2026-01-02 03:04:05,123 ERROR no\r
java.lang.IllegalStateException: no\r
\r
\tat shop.Main.main(Main.java:3)\r
%%
2026-01-02 03:04:06,123 INFO next\r
%%
panic: no\r
\r
goroutine 1 [running]:\r
main.main()\r
\t/src/main.go:9 +0x1d\r
"""),
    "a message of several lines behind a level": _case("""
WARNING:root:not saved:
one
two
%%
INFO:root:next
%%
ERROR:root:not saved
%%
INFO:root:next
three
"""),
    "what others print behind a JSON line": _case("""
{"level":"error","msg":"not saved"}
%%
java.lang.IllegalStateException: no
	at shop.Main.main(Main.java:3)
%%
{"level":"info","msg":"next"}
"""),
    "celery": _case("""
[2026-01-02 03:04:05,123: ERROR/MainProcess] Task shop.save[7] raised unexpected: ValueError('no')
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in save
ValueError: no
%%
[2026-01-02 03:04:06,123: INFO/MainProcess] next
"""),
    "a server's framework": _case("""
ERROR:    Exception in ASGI application
  + Exception Group Traceback (most recent call last):
  |   File "/srv/cart.py", line 12, in save
  | ExceptionGroup: no (1 sub-exception)
  +-+---------------- 1 ----------------
    | ValueError: no
    +------------------------------------
%%
INFO:     10.0.0.1:5000 - "GET /cart HTTP/1.1" 200 OK
"""),
    "django": _case(
        """
Internal Server Error: /cart
Traceback (most recent call last):
  File "/srv/cart.py", line 12, in save
django.db.utils.ProgrammingError: column "x" does not exist
LINE 1: select x from cart
               ^
%%
ready
"""
    ),
    "SQL of a statement that was logged": _case("""
2026-01-02 03:04:05,123 INFO sqlalchemy.engine.Engine SELECT cart.id
FROM cart
WHERE cart.id = 7
%%
2026-01-02 03:04:05,124 INFO sqlalchemy.engine.Engine [generated in 0.00012s] ()
"""),
    "go, errors with a stack": _case("""
2026-01-02T03:04:05.123Z\tERROR\tshop/cart.go:12\tnot saved
shop.(*Cart).save
\t/src/cart.go:12
main.main
\t/src/main.go:3
%%
2026-01-02T03:04:06.123Z\tINFO\tshop/cart.go:12\tnext
"""),
    "go, errors with a stack behind a level alone": _case("""
ERRO[0012] not saved
shop.save
\t/src/cart.go:12
main.main
\t/src/main.go:3
%%
ready
"""),
    "klog": _case("""
E0102 03:04:05.123456       1 cart.go:12] not saved
goroutine 1 [running]:
main.main()
\t/src/main.go:9 +0x1d
%%
I0102 03:04:06.123456       1 cart.go:12] next
"""),
    "a request that is dumped": _case(
        """
2026-01-02 03:04:05,123 DEBUG sent:
GET /cart HTTP/1.1
Host: shop
%%
2026-01-02 03:04:06,123 DEBUG next
"""
    ),
    "dart": _case("""
Unhandled exception:
Exception: no
#0      save (file:///srv/cart.dart:12:3)
#1      main (file:///srv/cart.dart:20:3)
%%
ready
"""),
    "ocaml": _case("""
Fatal error: exception Failure("no")
Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33
Called from Cart.save in file "cart.ml", line 12, characters 2-17
%%
ready
"""),
    "lua": _case("""
lua: cart.lua:12: no
stack traceback:
\t[C]: in function 'error'
\tcart.lua:12: in main chunk
%%
ready
"""),
    "perl": _case("""
no at cart.pl line 12.
\tmain::save() called at cart.pl line 20
%%
ready
"""),
    "a day's alert log of a database": _case("""
2026-01-02T03:04:05.123456+01:00
Thread 1 advanced to log sequence 7
  Current log# 1 seq# 7
%%
2026-01-02T03:04:06.123456+01:00
Completed checkpoint
"""),
    "W3C's headers": _case("""
2026-01-02 03:04:05 10.0.0.1 GET / - 443 - 10.0.0.2 a 200 0 0 12
%%
2026-01-02 03:04:05 10.0.0.1 GET / - 443 - 10.0.0.2 a 200 0 0 12
%%
#Software: Microsoft Internet Information Services 10.0
%%
#Date: 2026-01-02 03:04:06
%%
2026-01-02 03:04:06 10.0.0.1 GET / - 443 - 10.0.0.2 a 200 0 0 12
"""),
    "blank lines between records, and within them": _case("""
2026-01-02 03:04:05,123 INFO one
%%

%%
2026-01-02 03:04:06,123 INFO two
and

more
%%

%%

%%
2026-01-02 03:04:07,123 INFO three
%%

"""),
    "a first line that was trimmed": _case("""
WARN: [Jan  2 03:04:05.123] slow
%%
 WARN: [Jan  2 03:04:06.123] slow
%%
 WARN: [Jan  2 03:04:07.123] slow
  more of it
"""),
    "times of day between days": _case("""
2026-01-02 03:04:05,123 INFO one
%%
2026-01-02 03:04:06,123 INFO two
%%
03:04:07 three
%%
260102  3:04:08 [Warning] four
%%
[shop][2026-01-02 03:04:09] five
"""),
    "kubectl's prefixes": _case("""
[pod/web-5d4f8c7b9d-x2x7k/app] 2026-01-02 03:04:05,123 ERROR no
[pod/web-5d4f8c7b9d-x2x7k/app] java.lang.IllegalStateException: no
[pod/web-5d4f8c7b9d-x2x7k/app] \tat shop.Main.main(Main.java:3)
%%
[pod/web-5d4f8c7b9d-abcde/app] 2026-01-02 03:04:05,123 INFO ready
%%
[pod/web-5d4f8c7b9d-x2x7k/app] 2026-01-02 03:04:06,123 INFO next
"""),
    "docker's services": _case("""
web.1.k2m4@node-a    | panic: no
web.1.k2m4@node-a    |
web.1.k2m4@node-a    | goroutine 1 [running]:
web.1.k2m4@node-a    | main.main()
web.1.k2m4@node-a    | \t/src/main.go:9 +0x1d
%%
web.2.x7q1@node-b    | ready
"""),
    "rust, an error with its causes": _case("""
ready
%%
Error: not saved

Caused by:
    0: no connection
    1: Connection refused (os error 111)
%%
ready
"""),
    "rust, an error behind a line": _case("""
2026-01-02T03:04:05.123456Z ERROR shop: not saved
Error: no connection

Caused by:
    Connection refused (os error 111)
%%
2026-01-02T03:04:06.123456Z  INFO shop: next
"""),
    "c++, a race": _case("""
ready
%%
==================
WARNING: ThreadSanitizer: data race (pid=4711)
  Write of size 4 at 0x7b0400000000 by thread T1:
    #0 save() /src/cart.cc:12

  Previous read of size 4 at 0x7b0400000000 by main thread:
    #0 main /src/cart.cc:20

SUMMARY: ThreadSanitizer: data race /src/cart.cc:12 in save()
==================
%%
ready
"""),
    "c++, undefined behaviour": _case("""
ready
%%
/src/cart.cc:12:5: runtime error: signed integer overflow
    #0 0x4f5a3c in main /src/cart.cc:12
SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /src/cart.cc:12:5 in
%%
ready
"""),
    "c++, leaks": _case("""
=================================================================
==4711==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 7 byte(s) in 1 object(s) allocated from:
    #0 0x4c2f1d in malloc
    #1 0x4f5a3c in main /src/cart.cc:12

SUMMARY: AddressSanitizer: 7 byte(s) leaked in 1 allocation(s).
%%
ready
"""),
    "c++, memory that was not set": _case("""
ready
%%
==4711==WARNING: MemorySanitizer: use-of-uninitialized-value
    #0 0x4f5a3c in main /src/cart.cc:12

SUMMARY: MemorySanitizer: use-of-uninitialized-value /src/cart.cc:12 in main
%%
ready
"""),
    "results of a test": _case("""
ready
%%
--- FAIL: TestSave (0.00s)
    cart_test.go:12: no
%%
FAIL
"""),
}

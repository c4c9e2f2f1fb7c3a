/** Paste a trace id, or anything that holds one, and go to that trace. */

import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type RefObject, useState } from "react";
import { cx } from "@/ui/cx";
import { Button } from "@/ui/Button";
import { traceIdIn, whyNoTraceId } from "./traceId";

export function TraceIdForm({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const traceId = traceIdIn(text);
    if (traceId) void navigate({ to: "/traces/$traceId", params: { traceId } });
    else {
      setProblem(whyNoTraceId(text));
      input.current?.focus();
    }
  };
  return (
    <form onSubmit={submit} noValidate className="max-w-3xl">
      <label htmlFor="trace-id" className="text-sm text-muted">
        Trace id, a traceparent header, or a line that holds one
      </label>
      <div className="mt-1 flex gap-2">
        <input
          ref={input}
          id="trace-id"
          value={text}
          autoComplete="off"
          spellCheck={false}
          placeholder="4bf92f3577b34da6a3ce929d0e0e4736"
          aria-invalid={problem !== ""}
          aria-describedby={problem ? "trace-id-problem" : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setProblem("");
          }}
          className={cx(
            "h-9 min-w-0 flex-1 rounded-md border bg-surface px-2.5 font-mono text-sm placeholder:text-muted",
            problem ? "border-bad" : "border-strong-line",
          )}
        />
        <Button type="submit" look="primary" className="h-9">
          Follow
        </Button>
      </div>
      {problem && (
        <p id="trace-id-problem" role="alert" className="mt-1 text-sm text-bad">
          {problem}
        </p>
      )}
    </form>
  );
}

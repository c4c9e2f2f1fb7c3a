/** The access token: written down once for the tab, sent with every question. */

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { refresh } from "@/app/scope";
import { readToken, writeToken } from "@/api/token";
import { announce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";

/** What an HTTP header can hold; anything else would make every call fail. */
const SENDABLE = /^[\x21-\x7e]*$/;

export function TokenField() {
  const client = useQueryClient();
  const id = useId();
  const [kept, setKept] = useState(readToken);
  const [token, setToken] = useState(kept);
  const trimmed = token.trim();
  const sendable = SENDABLE.test(trimmed);

  const keep = (next: string) => {
    writeToken(next);
    setKept(next);
    setToken(next);
    // Another token may see other records: what was answered to the one before is forgotten, and all of it asked again.
    void client.resetQueries();
    refresh();
    announce(next ? "The token is kept for this tab." : "The token is forgotten.");
  };
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (sendable) keep(trimmed);
  };

  return (
    <form onSubmit={submitted} className="space-y-2 px-3 py-2.5 text-sm">
      <label htmlFor={id}>Access token</label>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          aria-describedby={`${id}-for`}
          aria-invalid={!sendable}
          onChange={(event) => setToken(event.target.value)}
          className="h-8 min-w-0 flex-1 basis-52 rounded-md border border-strong-line bg-canvas px-2 font-mono"
        />
        <Button type="submit" look="primary" disabled={!sendable || trimmed === kept}>
          Use it
        </Button>
        <Button disabled={!kept} onClick={() => keep("")}>
          Forget it
        </Button>
      </div>
      <p id={`${id}-for`} className={sendable ? "text-muted" : "text-bad"}>
        {sendable
          ? "A gateway that is open to others than this machine wants a token before it answers. The token goes with every question, and says whose logs are shown. Leave it empty where none is wanted."
          : "A token has letters, digits and signs of ASCII alone, without spaces."}
      </p>
    </form>
  );
}

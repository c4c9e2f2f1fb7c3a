/** The record that was opened from a lane, beside the lanes or, on a narrow screen, in their place. */

import { useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { RecordPanel } from "@/features/records/RecordPanel";
import type { Field } from "@/features/records/fields";
import { useScope } from "@/app/scope";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { conditionThat, fieldOf, withCondition } from "@/lib/filter";
import type { Zone } from "@/lib/format";
import { textOf } from "@/lib/values";
import type { LaneClient, LiveClient, LiveRow } from "./client";

export interface Opened {
  record: LogRecord | null;
  open: (lane: LaneClient, row: LiveRow) => Promise<void>;
  close: () => void;
}

/** Opens rows of the client's lanes; another client closes what is open. */
export function useOpenRecord(client: LiveClient | null): Opened {
  const [held, setHeld] = useState<{ client: LiveClient; record: LogRecord } | null>(null);
  const open = useCallback(
    async (lane: LaneClient, row: LiveRow) => {
      if (!client) return;
      client.pause();
      // What has left the ring meanwhile is shown as far as its row knew it.
      const record = (await client.open(lane, row.seq)) ?? row.record;
      if (record) setHeld({ client, record });
    },
    [client],
  );
  const close = useCallback(() => setHeld(null), []);
  return { record: held && held.client === client ? held.record : null, open, close };
}

export function OpenRecord({ opened: { record, close }, zone }: { opened: Opened; zone: Zone }) {
  const { filter, setFilter } = useScope();
  const navigate = useNavigate();
  if (!record) return null;
  const want = (wanted: boolean) => (field: Field) => {
    const [root, ...path] = field.path as ["attributes" | "resource", ...string[]];
    setFilter(withCondition(filter, conditionThat(fieldOf(root, ...path), textOf(field.value), wanted)));
  };
  return (
    <div className="absolute inset-0 z-20 min-w-0 lg:static lg:w-[26rem] lg:shrink-0">
      <RecordPanel
        key={record.id}
        record={record}
        zone={zone}
        onClose={close}
        onCopy={(text) => void navigator.clipboard.writeText(text)}
        onTrace={(traceId) => void navigate({ to: "/traces/$traceId", params: { traceId } })}
        onInclude={want(true)}
        onExclude={want(false)}
      />
    </div>
  );
}

/** What else a record says of itself, as names and values: what it does not say is left out. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { formatDateTime, type Zone } from "@/lib/format";
import { formatStretch } from "@/lib/offset";
import { levelOf } from "@/lib/levels";
import type { Nanos } from "@/lib/time";

export function aboutOf(record: LogRecord, zone: Zone): [name: string, value: string][] {
  const { timeUnixNano, observedTimeUnixNano, originalTimeUnixNano, severityNumber, severityText, scope, resource } = record;
  const left = record.droppedAttributesCount + (scope?.droppedAttributesCount ?? 0) + (resource?.droppedAttributesCount ?? 0);
  const found: [string, string | false | undefined][] = [
    ["observed", observedTimeUnixNano > 0n && `${formatDateTime(observedTimeUnixNano, zone)} (${since(observedTimeUnixNano - timeUnixNano)})`],
    ["written at", originalTimeUnixNano > 0n && `${formatDateTime(originalTimeUnixNano, zone)}, which is too far off to be kept as its time`],
    ["level", severityText !== "" && severityText.toUpperCase() !== levelOf(severityNumber).name && severityText],
    ["event", record.eventName],
    ["logger", [scope?.name, scope?.version].filter(Boolean).join(" ")],
    ["trace flags", record.flags > 0 && record.flags.toString(16).padStart(2, "0")],
    ["schema", resource?.schemaUrl || scope?.schemaUrl],
    ["left out", left > 0 && `${left} ${left === 1 ? "attribute" : "attributes"}, before it came`],
  ];
  return found.filter((one): one is [string, string] => Boolean(one[1]));
}

function since(stretch: Nanos): string {
  return stretch < 0n ? `${formatStretch(-stretch)} earlier` : `${formatStretch(stretch)} later`;
}

/** Two versions of a service, of those that logged lately. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "@/api/clients";
import { failureOf } from "@/api/failure";
import { both, condition, fieldOf } from "@/lib/filter";
import { formatCount } from "@/lib/format";
import { VERSION_KEY } from "@/lib/records";
import { Button } from "@/ui/Button";
import type { Lanes } from "./Compare";

const VERSION_FIELD = fieldOf("resource", VERSION_KEY);
const MOST_VALUES = 20;

export function VersionsForm({ filter, onChange }: { filter: string; onChange: (lanes: Lanes) => void }) {
  const [chosen, setChosen] = useState({ service: "", left: "", right: "" });
  const { values: services, failure } = useValues("service", filter, true);
  const service = chosen.service || (services?.[0]?.value ?? "");
  const ofService = condition("service", "=", service);
  const { values: versions } = useValues(VERSION_FIELD, both(filter, ofService), service !== "");
  const left = chosen.left || (versions?.[0]?.value ?? "");
  const right = chosen.right || (versions?.[1]?.value ?? "");
  const lane = (version: string) => `${ofService} AND ${condition(VERSION_FIELD, "=", version)}`;
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    onChange({ lane: lane(left), other: lane(right) });
  };

  return (
    <form onSubmit={submitted} className="space-y-2">
      <h2 className="font-semibold">Versions of a service</h2>
      <Choice label="Service" value={service} values={services} onChoose={(value) => setChosen({ service: value, left: "", right: "" })} />
      {failure ? (
        <p className="text-bad">{failure.message}</p>
      ) : versions && versions.length < 2 ? (
        <p className="text-xs text-muted">
          {versions[0] ? `Only ${versions[0].value} has logged in the last 15 minutes.` : "None has logged in the last 15 minutes."}
        </p>
      ) : (
        <>
          <Choice label="Left" value={left} values={versions} onChoose={(value) => setChosen({ ...chosen, service, left: value })} />
          <Choice label="Right" value={right} values={versions} onChoose={(value) => setChosen({ ...chosen, service, right: value })} />
          <Button type="submit" look="primary" disabled={!right || left === right}>
            Compare versions
          </Button>
        </>
      )}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  values: readonly { value: string; count: bigint }[] | undefined;
  onChoose: (value: string) => void;
}

function Choice({ label, value, values, onChoose }: ChoiceProps) {
  return (
    <label className="flex items-center gap-2">
      <span className="w-16 text-xs text-muted">{label}</span>
      <select
        value={value}
        disabled={!values}
        onChange={(event) => onChoose(event.target.value)}
        className="h-8 min-w-0 flex-1 rounded-md border border-line bg-surface px-2 text-sm"
      >
        {!values && <option value={value}>Looking…</option>}
        {values?.map((one) => (
          <option key={one.value} value={one.value}>
            {one.value} ({formatCount(one.count)})
          </option>
        ))}
      </select>
    </label>
  );
}

/** The values that a field had in the last 15 minutes, the most frequent first; no values while they are looked for. */
function useValues(field: string, filter: string, isEnabled: boolean) {
  const { data, error } = useQuery({
    queryKey: ["live", "values", field, filter],
    queryFn: ({ signal }) => queries.facets({ filter, fields: [field], values: MOST_VALUES }, { signal }),
    enabled: isEnabled,
  });
  return { values: data?.facets[0]?.values.filter(({ value }) => value !== ""), failure: error && failureOf(error) };
}

import { useQuery } from "@tanstack/react-query";
import { pipeline } from "@/api/clients";
import { changePreferences, type Theme, usePreferences } from "@/app/preferences";
import { KeyList } from "@/app/KeyList";
import { Choice } from "@/features/settings/Choice";
import { Group, Row } from "@/features/settings/Group";
import { TokenField } from "@/features/settings/TokenField";
import type { Zone } from "@/lib/format";
import { visible } from "@/lib/text";

const THEMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };
const ZONES: Record<Zone, string> = { local: `Local (${Intl.DateTimeFormat().resolvedOptions().timeZone})`, utc: "UTC" };
const LINES = { cut: "One row each", wrap: "Go on below" };

/** What a reader chooses for this browser, the access token of this tab, and what this is. */
export function SettingsPage() {
  const { theme, zone, wrap } = usePreferences();
  const { data, isError } = useQuery({
    queryKey: ["settings", "processors"],
    queryFn: ({ signal }) => pipeline.listProcessors({}, { signal }),
  });
  const versions = [...new Set(data?.processors.map(({ version }) => version).filter(Boolean))].toSorted();

  return (
    <div className="mx-auto max-w-3xl space-y-6 p-4">
      <h1 className="text-lg font-semibold">Settings</h1>
      <Group title="Appearance" note="Kept in this browser.">
        <Row name="Theme">
          <Choice label="Theme" choices={THEMES} chosen={theme} onChoose={(next) => changePreferences({ theme: next })} />
        </Row>
        <Row name="Times in">
          <Choice label="Times in" choices={ZONES} chosen={zone} onChoose={(next) => changePreferences({ zone: next })} />
        </Row>
        <Row name="Long lines">
          <Choice
            label="Long lines"
            choices={LINES}
            chosen={wrap ? "wrap" : "cut"}
            onChoose={(next) => changePreferences({ wrap: next === "wrap" })}
          />
        </Row>
      </Group>
      <Group title="Access" note="Kept in this tab alone, and never part of an address.">
        <TokenField />
      </Group>
      <Group title="About">
        <Row name="Origin">
          <span className="font-mono wrap-anywhere">{location.origin}</span>
        </Row>
        <Row name="Version">
          {versions.length ? (
            <span>
              {versions.map(visible).join(", ")}
              {versions.length > 1 && <span className="text-muted"> (processors differ)</span>}
            </span>
          ) : (
            <span className="text-muted">{isError || data ? "not known: no processor answers" : "…"}</span>
          )}
        </Row>
      </Group>
      <Group title="Keys" note="They rest while you type.">
        <KeyList className="grid-cols-[auto_1fr] p-3 sm:grid-cols-[auto_1fr_auto_1fr]" />
      </Group>
    </div>
  );
}

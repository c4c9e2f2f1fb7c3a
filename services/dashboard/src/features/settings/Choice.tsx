import { RadioGroup } from "radix-ui";

export interface ChoiceProps<Value extends string> {
  label: string;
  /** What may be chosen, each with the words for it. */
  choices: Record<Value, string>;
  chosen: Value;
  onChoose: (value: Value) => void;
}

/** One of a few, side by side; a radio group to the keyboard. */
export function Choice<Value extends string>({ label, choices, chosen, onChoose }: ChoiceProps<Value>) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={chosen}
      onValueChange={(value) => onChoose(value as Value)}
      className="inline-flex flex-wrap gap-0.5 rounded-lg bg-sunken p-0.5"
    >
      {(Object.keys(choices) as Value[]).map((value) => (
        <RadioGroup.Item
          key={value}
          value={value}
          className="h-7 rounded-md px-2.5 text-sm text-muted hover:text-ink data-[state=checked]:bg-surface data-[state=checked]:font-semibold data-[state=checked]:text-ink data-[state=checked]:shadow-sm"
        >
          {choices[value]}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

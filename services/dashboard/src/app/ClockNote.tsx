/** That this browser's clock is off, as long as it is. */

import { useSkewText } from "./clock";

export function ClockNote() {
  const text = useSkewText();
  return (
    text && (
      <p
        className="flex h-7 min-w-0 items-center rounded-full border border-caution bg-caution-wash px-3 text-xs text-caution"
        title="This browser's clock differs from the server's. “Now”, and ranges such as the last 15 minutes, go by the server's."
      >
        <span className="truncate">{text}</span>
      </p>
    )
  );
}

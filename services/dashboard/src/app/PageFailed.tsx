import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Notice } from "@/ui/Notice";

/** What stands where a page broke. */
export function PageFailed({ error }: ErrorComponentProps) {
  return (
    <Notice title="This page broke" kind="bad">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>Reload it; if that does not help, the text above says what a report needs.</p>
    </Notice>
  );
}

export function NotFound() {
  return (
    <Notice title="There is no such page">
      <Link to="/explore" className="text-accent underline">
        Go to Explore
      </Link>
    </Notice>
  );
}

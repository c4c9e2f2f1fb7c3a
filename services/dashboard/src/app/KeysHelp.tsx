/** The keys, for who asks with `?`. */

import { Dialog } from "@/ui/Dialog";
import { KeyList } from "./KeyList";

export function KeysHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Keys" onClose={onClose} className="max-w-md p-5">
      <h2 className="mb-3 font-semibold">Keys</h2>
      <KeyList className="grid-cols-[auto_1fr]" />
    </Dialog>
  );
}

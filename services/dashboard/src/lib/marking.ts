/** Whether the reader has just marked text: a click ends that, too, and is not meant for what it falls on. */

export function isMarking(): boolean {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && selection.toString() !== "";
}

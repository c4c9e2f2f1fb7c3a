export function TracePage() {
  return <h1 className="p-4 text-lg font-semibold">Trace</h1>;
}

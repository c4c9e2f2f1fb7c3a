export function TracesPage() {
  return <h1 className="p-4 text-lg font-semibold">Traces</h1>;
}

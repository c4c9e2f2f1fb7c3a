export function PipelinePage() {
  return <h1 className="p-4 text-lg font-semibold">Pipeline</h1>;
}

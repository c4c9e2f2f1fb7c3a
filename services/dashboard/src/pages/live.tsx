export function LivePage() {
  return <h1 className="p-4 text-lg font-semibold">Live</h1>;
}

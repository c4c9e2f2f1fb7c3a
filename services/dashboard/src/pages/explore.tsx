export function ExplorePage() {
  return <h1 className="p-4 text-lg font-semibold">Explore</h1>;
}

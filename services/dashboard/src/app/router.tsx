/** Addresses and their pages. Explore, where most visits begin, comes with the first scripts; another page when it is first opened. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, retainSearchParams } from "@tanstack/react-router";
import { ExplorePage } from "@/pages/explore";
import { only, parseSearch, type Scope, stringifySearch } from "./search";
import { NotFound, PageFailed } from "./PageFailed";
import { Shell } from "./Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageFailed,
  validateSearch: (search): Scope => only("q", "from", "to")(search),
  search: { middlewares: [retainSearchParams(["q", "from", "to"])] },
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: ({ search }) => {
    throw redirect({ to: "/explore", search, replace: true });
  },
});

export const exploreRoute = createRoute({
  getParentRoute: () => root,
  path: "/explore",
  validateSearch: only("tab", "row", "at", "by", "columns", "facets"),
  component: ExplorePage,
});

export const liveRoute = createRoute({
  getParentRoute: () => root,
  path: "/live",
  validateSearch: only("lane", "other"),
  component: lazyRouteComponent(() => import("@/pages/live"), "LivePage"),
});

export const tracesRoute = createRoute({
  getParentRoute: () => root,
  path: "/traces",
  component: lazyRouteComponent(() => import("@/pages/traces"), "TracesPage"),
});

export const traceRoute = createRoute({
  getParentRoute: () => root,
  path: "/traces/$traceId",
  validateSearch: only("find", "service", "level", "row"),
  component: lazyRouteComponent(() => import("@/pages/trace"), "TracePage"),
});

export const pipelineRoute = createRoute({
  getParentRoute: () => root,
  path: "/pipeline",
  component: lazyRouteComponent(() => import("@/pages/pipeline"), "PipelinePage"),
});

export const settingsRoute = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/pages/settings"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, exploreRoute, liveRoute, tracesRoute, traceRoute, pipelineRoute, settingsRoute]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** What each file of tests begins with: pages share a realm, and nothing else.
 *
 * Tests wait for facts: with a limit that a busy machine keeps, and not the second that Testing Library gives.
 */

import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

configure({ asyncUtilTimeout: 15_000 });
// Modules of another file have its mocks in them.
vi.resetModules();
localStorage.clear();
sessionStorage.clear();
history.replaceState(null, "", "/");
afterEach(cleanup);

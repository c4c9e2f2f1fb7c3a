/** Tests wait for facts: with a limit that a busy machine keeps, and not the second that Testing Library gives. */

import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 15_000 });

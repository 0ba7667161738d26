// The types that the console's files name in their comments; those of the API are made of its own description
// (`make check` writes api.d.ts).
import type { components } from "./api.d.ts";

export type { ReadonlySignal, Signal } from "@preact/signals";
export type { AuthorizationServer, TokenEndpointResponse } from "oauth4webapi";
export type Schemas = components["schemas"];

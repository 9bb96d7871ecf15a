/** For what comes soon on a calm machine: vitest's own second is short on one that does other work. */
export const PATIENT = { timeout: 15_000 } as const

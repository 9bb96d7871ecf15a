import { ApiProblem } from '../../api/problem.ts'

/** The server's sentence for one field of a form; undefined: it has none. */
export function errorAt(error: unknown, at: string): string | undefined {
  return error instanceof ApiProblem ? error.errors.find((one) => one.at === at)?.message : undefined
}

/** Whether a form shows the error at one of its fields; whatever is not shown there is shown above the button. */
export function isAtField(error: unknown, fields: readonly string[]): boolean {
  return error instanceof ApiProblem && error.errors.length > 0 && error.errors.every(({ at }) => fields.includes(at))
}

/** What the hub says when it does not do what was asked, as RFC 9457 carries it. */
export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly request_id?: string
  readonly errors?: readonly FieldError[]
}

/** `at`: the dotted path of the field, as in `settings.passcode`. */
export interface FieldError {
  readonly at: string
  readonly message: string
}

/** Thrown by every request that did not succeed. `status` 0: nothing answered. */
export class ApiProblem extends Error {
  readonly status: number
  readonly requestId: string | null
  readonly errors: readonly FieldError[]

  constructor(problem: Problem) {
    super(problem.detail)
    this.status = problem.status
    this.requestId = problem.request_id ?? null
    this.errors = problem.errors ?? []
  }
}

const SILENT = 'The hub does not answer; check that it runs and that this machine reaches it.'

/** One sentence for a person, of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiProblem) return error.message
  return 'Something went wrong in this page; load it again, and report it if it stays.'
}

export function silence(): ApiProblem {
  return new ApiProblem({ status: 0, title: 'No answer', detail: SILENT })
}

export async function problemOf(response: Response): Promise<ApiProblem> {
  const fallback = {
    status: response.status,
    title: response.statusText,
    detail: `The hub answered ${response.status} without a reason; try again, and look at its log if it stays.`,
    request_id: response.headers.get('x-request-id') ?? undefined,
  }
  const body: unknown = await response.json().catch(() => null)
  const given = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {}
  const detail = typeof given.detail === 'string' ? given.detail : fallback.detail
  const requestId = given.request_id ?? fallback.request_id
  return new ApiProblem({
    status: response.status,
    title: fallback.title,
    detail,
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(Array.isArray(given.errors) ? { errors: given.errors } : {}),
  })
}

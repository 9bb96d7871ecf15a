import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './api/problem.ts'

/** What nobody answered is asked again; what was answered is not. */
function again(count: number, error: Error): boolean {
  const silent = error instanceof ApiProblem && (error.status === 0 || error.status === 503)
  return silent && count < 2
}

let onSignedOut: () => void = () => undefined

/** What happens when a page hears that nobody is signed in any more. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act
}

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      const ended = error instanceof ApiProblem && error.status === 401
      if (ended && query.queryKey[0] !== 'session') onSignedOut()
    },
  }),
  defaultOptions: {
    queries: { retry: again, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
})

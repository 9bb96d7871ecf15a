import { queries } from '../../queries.ts'

/** After an act on a customer: their page, their timeline, and what lists show of them. */
export function readAgain(project: string, id: string): void {
  for (const queryKey of [
    ['customer', project, id],
    ['timeline', project, id],
    ['customers', project],
  ])
    void queries.invalidateQueries({ queryKey })
}

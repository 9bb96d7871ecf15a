import { useMutation } from '@tanstack/react-query'
import type { FieldValues } from '../../api/field.ts'
import { changeProject, projectQuery } from '../../api/settings.ts'
import { queries } from '../../queries.ts'

/** A change of the project; what the page shows of it is new when it is done. */
export function useProjectChange(project: string) {
  return useMutation({
    mutationFn: (changes: FieldValues) => changeProject(project, changes),
    onSuccess: (changed) => queries.setQueryData(projectQuery(project).queryKey, changed),
  })
}

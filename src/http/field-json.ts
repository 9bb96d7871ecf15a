import { z } from 'zod'
import type { Field } from '../domain/field.ts'

/** A declared field as a form reads it. Which of the optional keys it has depends on its type. */
export const FieldSchema = z
  .object({
    key: z.string(),
    type: z.enum(['text', 'secret', 'secrets', 'select', 'toggle', 'number', 'texts', 'seconds', 'json', 'object']),
    label: z.string(),
    help: z.string(),
    required: z.boolean().optional(),
    group: z.string().optional().describe('Needed as soon as another field of the group is set.'),
    default: z.unknown().optional(),
    options: z
      .array(z.union([z.object({ value: z.string(), label: z.string() }), z.string()]))
      .optional()
      .describe('Of a select: values with their labels. Of texts: what may be in the list.'),
    min: z.number().optional(),
    max: z.number().optional(),
    integer: z.boolean().optional(),
    maxLength: z.int().optional(),
    pattern: z.string().optional().describe('A regular expression that the whole value matches.'),
    patternHelp: z.string().optional().describe('The sentence to show when it does not.'),
    multiline: z.boolean().optional(),
    get fields() {
      return z.array(FieldSchema).optional().describe('Of an object: the fields under its key.')
    },
  })
  .meta({ id: 'Field' })

export type ApiField = z.infer<typeof FieldSchema>

export function toApiFields(fields: readonly Field[]): ApiField[] {
  return fields.filter(({ later }) => later !== true).map(toApiField)
}

function toApiField(field: Field): ApiField {
  const { key, type, label, help, required, group } = field
  return {
    key,
    type,
    label,
    help,
    ...(required === undefined ? {} : { required }),
    ...(group === undefined ? {} : { group }),
    ...('default' in field && field.default !== undefined ? { default: field.default } : {}),
    ...ofType(field),
  }
}

function ofType(field: Field): Partial<ApiField> {
  switch (field.type) {
    case 'text':
    case 'secret':
    case 'secrets':
      return {
        ...('maxLength' in field ? { maxLength: field.maxLength } : {}),
        ...(field.pattern === undefined ? {} : { pattern: field.pattern }),
        ...(field.patternHelp === undefined ? {} : { patternHelp: field.patternHelp }),
        ...('multiline' in field ? { multiline: field.multiline } : {}),
      }
    case 'select':
      return { options: field.options.map((option) => ({ ...option })) }
    case 'texts':
      return field.options === undefined ? {} : { options: [...field.options] }
    case 'number': {
      const { min, max, integer } = field
      return { min, max, ...(integer === undefined ? {} : { integer }) }
    }
    case 'seconds':
      return { max: field.max }
    case 'object':
      return { fields: toApiFields(field.fields) }
    case 'toggle':
    case 'json':
      return {}
  }
}

import { hasControl } from '../../customers/app-user-id.ts'
import type { ExportRow } from './row.ts'

/**
 * Whether the ids of a row are those by which the store's own messages will name the same charge. What is taken over under
 * another name would be charged a second time when the store tells of it, so it is left to the store (`import purchases`).
 * null when they are; else one sentence.
 */
export function isSubjectOfStore(
  row: Pick<ExportRow, 'store' | 'transactionId' | 'originalTransactionId'>,
): string | null {
  const { store, transactionId, originalTransactionId } = row
  if (hasControl(transactionId + originalTransactionId) || transactionId.length > 500)
    return 'Its transaction id is no text that a store gives.'
  switch (store) {
    case 'app_store':
      return /^\d{1,30}$/.test(transactionId) && /^\d{1,30}$/.test(originalTransactionId)
        ? null
        : 'Its transaction id is none of the App Store, whose ids are numbers.'
    case 'play_store':
      return /^GPA\./.test(transactionId) && /^GPA\./.test(originalTransactionId)
        ? null
        : 'Its transaction id is no order id of Google Play (GPA.…); give the token to import purchases.'
    case 'stripe':
      return transactionId.startsWith('in_') && originalTransactionId.startsWith('sub_')
        ? null
        : 'Its ids are not those of a Stripe subscription and an invoice (sub_…, in_…), so Stripe would tell the charge again under another name; give the subscription to import purchases.'
    case 'amazon':
      return 'Amazon names its periods by their beginning to the millisecond, which the export does not tell; give the receipt to import purchases.'
    case 'promotional':
      return null
  }
}

import type { StandInReply, StandInRequest } from '../server.ts'
import type { Json, View } from './world.ts'

/** What the Google Play Developer API answers about one app, from one view of its books. */
export function answerOf(request: StandInRequest, packageName: string, view: View, now: number): StandInReply {
  const match = /^\/androidpublisher\/v3\/applications\/([^/]+)\/(.+)$/.exec(request.path)
  if (match === null) return errorReply(404, 'notFound')
  const [, named = '', rest = ''] = match
  if (decodeURIComponent(named) !== packageName) return errorReply(404, 'applicationNotFound')
  if (request.method !== 'GET') return errorReply(405, 'httpMethodNotAllowed')
  const purchase = /^purchases\/(subscriptionsv2|productsv2)\/tokens\/([^/]+)$/.exec(rest)
  if (purchase !== null) {
    const book = purchase[1] === 'subscriptionsv2' ? view.subscriptions : view.products
    return purchaseReply(book.get(decodeURIComponent(purchase[2] ?? '')))
  }
  if (rest === 'orders:batchGet') return batchReply(request.query.getAll('orderIds'), view)
  if (rest === 'purchases/voidedpurchases') return voidedReply(request.query, view, now)
  const order = /^orders\/([^/:]+)$/.exec(rest)
  if (order === null) return errorReply(404, 'notFound')
  const found = view.orders.get(decodeURIComponent(order[1] ?? ''))
  return found === undefined ? errorReply(404, 'orderNotFound') : jsonReply(found)
}

function purchaseReply(found: Json | undefined): StandInReply {
  if (found === undefined) return errorReply(404, 'purchaseTokenNotFound')
  return found.gone === true ? errorReply(410, 'purchaseTokenNoLongerValid') : jsonReply(found)
}

/** One order that is unknown fails the whole call. */
function batchReply(ids: readonly string[], view: View): StandInReply {
  if (ids.length === 0 || ids.length > 1_000) return errorReply(400, 'invalid')
  const orders = ids.map((id) => view.orders.get(id))
  return orders.includes(undefined) ? errorReply(404, 'orderNotFound') : jsonReply({ orders })
}

const DAY = 86_400_000

function voidedReply(query: URLSearchParams, view: View, now: number): StandInReply {
  const number = (name: string, fallback: number): number => Number(query.get(name) ?? fallback)
  const [start, end] = [number('startTime', now - 30 * DAY), number('endTime', now)]
  const [most, from] = [number('maxResults', 1_000), number('token', 0)]
  const sound = [start, end, most, from].every((one) => Number.isSafeInteger(one) && one >= 0)
  if (!sound || start < now - 30 * DAY || start > end || end > now || most > 1_000) return errorReply(400, 'invalid')
  const subscriptions = query.get('type') === '1'
  const listed = view.voided.filter((entry) => {
    const at = Number(entry.voidedTimeMillis)
    return at >= start && at <= end && (subscriptions || !view.subscriptions.has(String(entry.purchaseToken)))
  })
  const page = listed.slice(from, from + most)
  const next = from + page.length
  return jsonReply({
    ...(page.length === 0 ? {} : { voidedPurchases: page }),
    ...(next < listed.length ? { tokenPagination: { nextPageToken: String(next) } } : {}),
  })
}

export function jsonReply(value: unknown, status = 200): StandInReply {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(value) }
}

/** In the shape of the older APIs of Google. */
export function errorReply(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): StandInReply {
  const message = `The request was refused: ${reason}.`
  const body = { error: { code: status, message, errors: [{ message, domain: 'androidpublisher', reason }] } }
  return { ...jsonReply(body, status), headers: { 'content-type': 'application/json; charset=UTF-8', ...headers } }
}

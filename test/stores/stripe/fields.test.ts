import { describe, expect, it } from 'vitest'
import { fieldsSchema } from '../../../src/settings/declared.ts'
import { keyOf, STRIPE_FIELDS, userIdSourceOf, webhookSecretsOf } from '../../../src/stores/stripe/fields.ts'
import { KEY, SECRET, withSettings } from './setting.ts'

const schema = fieldsSchema(STRIPE_FIELDS)
const problems = (settings: object): readonly string[] => {
  const parsed = schema.safeParse(settings)
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('the settings of a Stripe app', () => {
  it('take what Stripe gives, and fill in the rest', () => {
    expect(schema.parse({ secret_key: 'rk_live_51abcDEF', webhook_secret: [SECRET, SECRET] })).toEqual({
      secret_key: 'rk_live_51abcDEF',
      webhook_secret: [SECRET, SECRET],
      app_user_id_from: 'metadata:app_user_id',
      product_id_from: 'product',
      commission: 0.029,
      actual_fees: false,
    })
  })

  it.each([
    [{ secret_key: 'pk_live_1234' }, /^secret_key .*sk_/],
    [{ webhook_secret: ['whsec_short'] }, /^webhook_secret\.0 .*at least 24/],
    [{ webhook_secret: [''] }, /^webhook_secret\.0 /],
    [{ webhook_secret: [] }, /^webhook_secret must hold at least one/],
    [{ app_user_id_from: 'email' }, /^app_user_id_from .*client_reference_id/],
    [{ app_user_id_from: 'metadata:' }, /^app_user_id_from /],
  ])('refuse %o with the fix', (settings, sentence) => {
    const found = problems(settings)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(sentence)
  })

  it('are read where they are used', () => {
    const app = withSettings({ secret_key: KEY, sandbox_secret_key: 'sk_test_1', app_user_id_from: 'metadata:user' })
    expect([keyOf(app, 'production'), keyOf(app, 'sandbox'), keyOf(withSettings({}), 'production')]).toEqual([
      KEY,
      'sk_test_1',
      null,
    ])
    expect(userIdSourceOf(app)).toEqual({ kind: 'metadata', key: 'user' })
    expect(userIdSourceOf(withSettings({}))).toEqual({ kind: 'metadata', key: 'app_user_id' })
    expect(webhookSecretsOf(withSettings({ webhook_secret: ['', SECRET] }))).toEqual([SECRET])
  })
})

import { segment } from '../../../src/destinations/segment/index.ts'
import { answer, describeDestination } from '../conformance.ts'

describeDestination(segment, {
  settings: { write_key: 'wk-production-1', sandbox_write_key: 'wk-sandbox-1' },
  secrets: ['wk-production-1', 'wk-sandbox-1', btoa('wk-production-1:'), btoa('wk-sandbox-1:')],
  moneyModes: {
    'gross, usd': {},
    'after commission, usd': { sales_reporting: 'after_commission' },
    'after commission and taxes, usd': { sales_reporting: 'after_commission_and_taxes' },
    'gross, purchased': { currency: 'purchased' },
    'after commission, purchased': { currency: 'purchased', sales_reporting: 'after_commission' },
    'after commission and taxes, purchased': { currency: 'purchased', sales_reporting: 'after_commission_and_taxes' },
  },
  accepted: () => answer(200, '{"success":true}'),
  amount: (records) => {
    const track = records.find(({ kind }) => kind === 'track')
    return (track?.body.properties as Readonly<Record<string, unknown>> | undefined)?.revenue
  },
  golden: new URL('golden/', import.meta.url),
  page: new URL('../../../docs/integrations/segment.md', import.meta.url),
})

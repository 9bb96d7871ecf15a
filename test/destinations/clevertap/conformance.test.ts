import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import { answer, describeDestination } from '../conformance.ts'

describeDestination(clevertap, {
  settings: {
    account_id: 'ACC-PRODUCTION',
    passcode: 'pass-production-1',
    sandbox_account_id: 'ACC-SANDBOX',
    sandbox_passcode: 'pass-sandbox-1',
  },
  secrets: ['pass-production-1', 'pass-sandbox-1'],
  notCarried: ['subscription_paused'],
  moneyModes: {
    'gross, purchased': {},
    'after commission, purchased': { sales_reporting: 'after_commission' },
    'after commission and taxes, purchased': { sales_reporting: 'after_commission_and_taxes' },
    'gross, usd': { currency: 'usd' },
    'after commission, usd': { currency: 'usd', sales_reporting: 'after_commission' },
    'after commission and taxes, usd': { currency: 'usd', sales_reporting: 'after_commission_and_taxes' },
    'gross, purchased, refunds negative': { refunds: 'negative' },
    'gross, purchased, with Charged': { charged: true },
  },
  accepted: (records) => answer(200, `{ "status" : "success" , "processed" : ${records.length} , "unprocessed" : [ ]}`),
  amount: (records) => {
    const event = records.find(({ kind }) => kind === 'event')
    return (event?.body.evtData as Readonly<Record<string, unknown>> | undefined)?.amount
  },
  golden: new URL('golden/', import.meta.url),
  page: new URL('../../../docs/integrations/clevertap.md', import.meta.url),
})

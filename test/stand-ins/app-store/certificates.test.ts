import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { INTERMEDIATE_MARKER, LEAF_MARKER, mintChain, pem } from '../../../src/stand-ins/app-store/certificates.ts'
import { integer, oid, time } from '../../../src/stand-ins/app-store/der.ts'
import { addPeriod } from '../../../src/stand-ins/app-store/periods.ts'
import { certificateParts } from '../../../src/stores/app-store/der.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

describe('a minted chain', () => {
  const chain = mintChain({}, NOW)
  const [leaf, intermediate, root] = chain.x5c.map((text) => new X509Certificate(Buffer.from(text, 'base64'))) as [
    X509Certificate,
    X509Certificate,
    X509Certificate,
  ]

  it('is one that OpenSSL reads, link by link', () => {
    expect(root.verify(root.publicKey)).toBe(true)
    expect(intermediate.verify(root.publicKey)).toBe(true)
    expect(leaf.verify(intermediate.publicKey)).toBe(true)
    expect([leaf.ca, intermediate.ca, root.ca]).toEqual([false, true, true])
    expect(leaf.checkIssued(intermediate)).toBe(true)
    expect(intermediate.checkIssued(root)).toBe(true)
    expect(leaf.checkPrivateKey(chain.leaf.privateKey)).toBe(true)
    expect(new X509Certificate(chain.rootPem).raw.equals(root.raw)).toBe(true)
    expect(pem(root.raw)).toBe(chain.rootPem)
  })

  it('has Apple’s curves, dates and sizes', () => {
    const curves = [leaf, intermediate, root].map(
      (certificate) => certificate.publicKey.asymmetricKeyDetails?.namedCurve,
    )
    expect(curves).toEqual(['prime256v1', 'secp384r1', 'secp384r1'])
    for (const certificate of [leaf, intermediate, root]) {
      expect(certificate.validFromDate.getTime()).toBeLessThan(NOW)
      expect(certificate.validToDate.getTime()).toBeGreaterThan(NOW)
    }
    // Apple's three are 1,077, 794 and 583 bytes long.
    expect(chain.x5c.join('').length).toBeGreaterThan(3_100)
    expect(chain.x5c.join('').length).toBeLessThan(3_500)
  })

  it('carries both markers', () => {
    const marked = (certificate: X509Certificate, marker: string): boolean =>
      certificateParts(certificate.raw)?.extensions.has(oid(marker).subarray(2).toString('hex')) === true
    expect([marked(leaf, LEAF_MARKER), marked(leaf, INTERMEDIATE_MARKER)]).toEqual([true, false])
    expect([marked(intermediate, LEAF_MARKER), marked(intermediate, INTERMEDIATE_MARKER)]).toEqual([false, true])
  })

  it('is read by no reader when a byte is missing, added or of another form', () => {
    const der = leaf.raw
    expect(certificateParts(der)).not.toBeNull()
    expect(certificateParts(der.subarray(0, -1))).toBeNull()
    expect(certificateParts(Buffer.concat([der, Buffer.from([0])]))).toBeNull()
    expect(certificateParts(Buffer.alloc(0))).toBeNull()
    expect(certificateParts(Buffer.from([0x30, 0x80, 0, 0]))).toBeNull()
    expect(certificateParts(Buffer.from([0x30, 0x81, 0x01, 0x05]))).toBeNull()
    let cut = 0
    for (let length = 0; length < der.length; length += 7) {
      expect(certificateParts(der.subarray(0, length))).toBeNull()
      cut += 1
    }
    expect(cut).toBeGreaterThan(100)
  })
})

describe('the DER that is written', () => {
  it('is minimal', () => {
    expect(oid('1.2.840.113635.100.6.11.1').toString('hex')).toBe('060a2a864886f76364060b01')
    expect(integer(Buffer.from([0, 0, 1])).toString('hex')).toBe('020101')
    expect(integer(Buffer.from([0x80])).toString('hex')).toBe('02020080')
    expect(time(Date.UTC(2026, 0, 2, 3, 4, 5)).toString('latin1')).toBe('\x17\x0d260102030405Z')
    expect(time(Date.UTC(2050, 0, 1)).toString('latin1')).toBe('\x18\x0f20500101000000Z')
  })
})

describe('a period', () => {
  it.each([
    [Date.UTC(2026, 0, 31, 9), 'P1M', Date.UTC(2026, 1, 28, 9)],
    [Date.UTC(2026, 10, 30), 'P3M', Date.UTC(2027, 1, 28)],
    [Date.UTC(2028, 1, 29), 'P1Y', Date.UTC(2029, 1, 28)],
    [Date.UTC(2026, 0, 1), 'P2W', Date.UTC(2026, 0, 15)],
    [Date.UTC(2026, 0, 1), 'PT5M', Date.UTC(2026, 0, 1, 0, 5)],
    [Date.UTC(2026, 0, 1), 'P1DT1H2S', Date.UTC(2026, 0, 2, 1, 0, 2)],
  ])('%i + %s', (from, period, until) => {
    expect(addPeriod(from, period)).toBe(until)
  })

  it('of another form is a mistake', () => {
    expect(() => addPeriod(0, '1 month')).toThrow(/ISO 8601/)
  })
})

import { type DestinationStream, type Logger, pino } from 'pino'

/** Where headers and secrets turn up in what is logged: an object's own level and one below. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  '["x-clevertap-passcode"]',
  'passcode',
  'write_key',
  'secret',
  'token',
  'password',
  'private_key',
]

/** JSON lines, nothing else: a line feed in what a stranger sent cannot start a line of its own. */
export function createLog(
  options: { readonly level: string; readonly name?: string },
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { name: options.name ?? 'tributary' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [
        name,
        name.startsWith('[') ? `*${name}` : `*.${name}`,
        name.startsWith('[') ? `*.headers${name}` : `*.headers.${name}`,
      ]),
      censor: '[redacted]',
    },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}

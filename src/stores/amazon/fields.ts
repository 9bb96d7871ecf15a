import type { Field } from '../../domain/field.ts'
import type { App } from '../../domain/project.ts'
import { programField } from '../program-field.ts'

/** arn:aws:sns:us-east-1:033616359524:NAME (docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html). */
const TOPIC_ARN = /^arn:(aws|aws-cn):sns:([a-z]{2}-[a-z0-9\-]{1,20}-[0-9]{1,2}):[0-9]{1,20}:[A-Za-z0-9_\-]{1,256}$/v

/** What an Amazon Appstore app is set up with; from it come validation, masking, the form and the reference page. */
export const AMAZON_FIELDS: readonly Field[] = [
  {
    key: 'package_name',
    type: 'text',
    label: 'Package name',
    help: 'As in the app’s manifest and in the Developer Console. Notifications about any other app are refused.',
    required: true,
    maxLength: 255,
    pattern: '[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z][A-Za-z0-9_]*)+',
    patternHelp: 'A package name is words joined by dots, such as com.acme.app.',
  },
  {
    key: 'shared_secret',
    type: 'secret',
    label: 'Shared secret',
    help: 'From the Developer Console → Settings → Shared Key. With it the hub reads the state of every receipt.',
    required: true,
    maxLength: 400,
    pattern: '[!-~]+',
    patternHelp: 'The shared secret is one line without spaces: copy it from the page Shared Key.',
  },
  {
    key: 'topic_arn',
    type: 'text',
    label: 'Topic ARN',
    help: 'The topic that Amazon’s notifications come from. Until it is set they are refused, and the app’s page shows the one that asked.',
    maxLength: 400,
    pattern: TOPIC_ARN.source.slice(1, -1),
    patternHelp: 'A topic ARN is such as arn:aws:sns:us-east-1:033616359524:LT0XA: copy it from the app’s page.',
  },
  {
    key: 'require_signature_v2',
    type: 'toggle',
    label: 'Require signature version 2',
    help: 'Refuses notifications that are signed with SHA-1. Amazon’s own topics sign so, unless Amazon tells you otherwise.',
    default: false,
  },
  programField(
    'small_business_accelerator',
    'Small Business Accelerator Program',
    'Amazon keeps less while the developer account is in it.',
  ),
]

export interface AmazonSettings {
  readonly packageName: string
  readonly sharedSecret: string
  readonly topicArn: string | null
  readonly requireSignatureV2: boolean
}

export function settingsOf(app: App): AmazonSettings {
  const { package_name, shared_secret, topic_arn, require_signature_v2 } = app.settings
  return {
    packageName: typeof package_name === 'string' ? package_name : '',
    sharedSecret: typeof shared_secret === 'string' ? shared_secret : '',
    topicArn: typeof topic_arn === 'string' && topic_arn !== '' ? topic_arn : null,
    requireSignatureV2: require_signature_v2 === true,
  }
}

/** Where a topic lives: its region, and the domain of its partition. null for what is no ARN of a topic. */
export function placeOf(topicArn: string): { readonly region: string; readonly domain: string } | null {
  const [, partition, region] = TOPIC_ARN.exec(topicArn) ?? []
  if (partition === undefined || region === undefined) return null
  return { region, domain: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com' }
}

/** Settings that are well formed and cannot work together; null when fine. */
export function refuseApp(app: App): string | null {
  const { sharedSecret, topicArn } = settingsOf(app)
  if (app.receive === 'pull')
    return `receive: pull of ${app.id} cannot work, since Amazon keeps no list of its notifications: leave it at push.`
  if (sharedSecret === '')
    return `shared_secret of ${app.id} is missing: copy it from the Developer Console → Settings → Shared Key.`
  return topicArn !== null && placeOf(topicArn) === null
    ? `topic_arn of ${app.id} is no ARN of an SNS topic: copy it from the page of the app.`
    : null
}

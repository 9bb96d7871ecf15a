import { SegmentedControl, Switch } from '@mantine/core'
import { useProject } from '../project.ts'

/** Production and sandbox never mix in one figure. On a phone one switch is enough. */
export function EnvironmentSwitch({ compact }: { readonly compact: boolean }) {
  const { environment, setEnvironment } = useProject()
  if (compact)
    return (
      <Switch
        aria-label="Sandbox"
        size="md"
        color="yellow"
        onLabel="test"
        offLabel="live"
        checked={environment === 'sandbox'}
        onChange={(event) => setEnvironment(event.currentTarget.checked ? 'sandbox' : 'production')}
      />
    )
  return (
    <SegmentedControl
      size="xs"
      aria-label="Environment"
      value={environment}
      onChange={(next) => setEnvironment(next === 'sandbox' ? 'sandbox' : 'production')}
      data={[
        { value: 'production', label: 'Production' },
        { value: 'sandbox', label: 'Sandbox' },
      ]}
    />
  )
}

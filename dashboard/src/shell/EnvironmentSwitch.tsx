import { SegmentedControl } from '@mantine/core'
import { useProject } from '../project.ts'

/** Production and sandbox never mix in one figure. */
export function EnvironmentSwitch() {
  const { environment, setEnvironment } = useProject()
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

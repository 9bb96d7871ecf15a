import { PasswordInput } from '@mantine/core'

interface NewPasswordProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error: string | undefined
}

/** For a password that is made up now; what is long enough the hub says. */
export function NewPassword({ label, value, onChange, error }: NewPasswordProps) {
  return (
    <PasswordInput
      label={label}
      description="12 characters or more; a few words in a row make a good one."
      name="password"
      required
      withAsterisk={false}
      autoComplete="new-password"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': `Show the ${label.toLowerCase()}` }}
    />
  )
}

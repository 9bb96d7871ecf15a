import { PasswordInput, TextInput } from '@mantine/core'

/** The fields by which password managers know an account: their names and `autocomplete` are the same in every form. */
interface FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
}

export function NameField({ value, onChange, error }: FieldProps) {
  return (
    <TextInput
      label="Your name"
      name="name"
      required
      withAsterisk={false}
      autoComplete="name"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  )
}

export function EmailField({ value, onChange, error }: FieldProps) {
  return (
    <TextInput
      label="E-mail"
      name="email"
      type="email"
      required
      withAsterisk={false}
      autoComplete="username"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  )
}

interface PasswordProps extends FieldProps {
  readonly label: string
  readonly description?: string
}

/** The password that an account has. */
export function CurrentPassword(props: PasswordProps) {
  return <Password {...props} autoComplete="current-password" />
}

/** A password that is made up now; what is long enough the hub says. */
export function NewPassword(props: PasswordProps) {
  const description = '12 characters or more; a few words in a row make a good one.'
  return <Password description={description} {...props} autoComplete="new-password" />
}

function Password({ label, onChange, ...rest }: PasswordProps & { readonly autoComplete: string }) {
  return (
    <PasswordInput
      label={label}
      name="password"
      required
      withAsterisk={false}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': `Show the ${label.toLowerCase()}` }}
      {...rest}
    />
  )
}

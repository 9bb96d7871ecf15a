/** What a command prints for people, on stdout. */
export function say(text: string): void {
  console.log(text)
}

export function complain(text: string): void {
  console.error(text)
}

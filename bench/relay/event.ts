/** What a relay makes of a store's message: the names that the reference uses, the fields that its team needs. */
export interface RelayEvent {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly at: number
  readonly properties: Readonly<Record<string, string | number | boolean | null>>
}

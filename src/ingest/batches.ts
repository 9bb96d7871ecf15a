/**
 * Groups what arrives while the group before is being worked on: no timer when the line is idle, large groups when it is
 * busy. `run` gets the items in their order of arrival and gives one result per item; when it rejects, the whole group
 * does.
 */
export function createBatches<Item, Result>(options: {
  readonly most: number
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
}): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item
    readonly resolve: (result: Result) => void
    readonly reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let running = false

  const drain = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, options.most)
      waiting = waiting.slice(options.most)
      try {
        const results = await options.run(group.map((one) => one.item))
        group.forEach((one, index) => {
          one.resolve(results[index] as Result)
        })
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    running = false
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!running) void drain()
    })
}

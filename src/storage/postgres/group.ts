import { StorageUnavailable } from '../errors.ts'

/**
 * Calls that arrive while the group before them is being committed make the next group: one transaction for all of them.
 * No timer when the line is idle. When a group fails its members run one by one, and each keeps its own error.
 */
export function grouping<Item, Result>(options: {
  /** Most weight in a group; one item may weigh more. */
  readonly most: number
  readonly weight: (item: Item) => number
  /** One transaction; gives one result per item, in order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
}): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item
    readonly resolve: (result: Result) => void
    readonly reject: (error: unknown) => void
  }
  const line: Waiting[] = []
  let running = false

  const take = (): readonly Waiting[] => {
    let weight = 0
    let count = 0
    for (const { item } of line) {
      weight += options.weight(item)
      if (count > 0 && weight > options.most) break
      count += 1
    }
    return line.splice(0, count)
  }
  const alone = async ({ item, resolve, reject }: Waiting): Promise<void> => {
    try {
      const [result] = await options.run([item])
      resolve(result as Result)
    } catch (error) {
      reject(error)
    }
  }
  const together = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const results = await options.run(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result)
    } catch (error) {
      // A server that is away is nobody's fault in the group.
      if (error instanceof StorageUnavailable) for (const { reject } of group) reject(error)
      else for (const one of group) await alone(one)
    }
  }
  const drain = async (): Promise<void> => {
    running = true
    while (line.length > 0) {
      const group = take()
      const [only] = group
      await (group.length === 1 && only !== undefined ? alone(only) : together(group))
    }
    running = false
  }
  return (item) =>
    new Promise<Result>((resolve, reject) => {
      line.push({ item, resolve, reject })
      if (!running) void drain()
    })
}

/** Numbers of the scheduler's policies; the design page says how they were found. */
export interface SchedulerTuning {
  /** A model that was loaded is served for so many times its load time before others past their bound can end its turn. */
  readonly sliceLoads: number;
  /** It is also served so many requests for each slot, if that takes less than {@link batchMs}. */
  readonly batchPerSlot: number;
  /** Longest time, ms, that the batch extends a turn to. */
  readonly batchMs: number;
  /** Longest wait for the next request of a caller who was just answered, as a share of the load time. */
  readonly windowShare: number;
  /** Requests of tier small that are served for each one of tier main while both wait for the same model. */
  readonly smallPerMain: number;
}

/** What the simulator found to be good. */
export const DEFAULT_TUNING: SchedulerTuning = {
  sliceLoads: 6,
  batchPerSlot: 16,
  batchMs: 20_000,
  windowShare: 0.5,
  smallPerMain: 2,
};

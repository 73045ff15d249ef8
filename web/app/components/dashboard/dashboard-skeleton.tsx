import { Skeleton, SkeletonLines } from '../ui/skeleton.tsx';

/** The shape of the dashboard while it is on its way. */
export function DashboardSkeleton() {
  return (
    <main className="flex min-h-0 flex-1">
      <div className="flex flex-[44] gap-3 p-4">
        {[3, 2, 4].map((cards, column) => (
          <div key={column} className={column === 0 ? 'flex-1' : 'hidden flex-1 md:block'}>
            <Skeleton className="mb-4 h-5 w-24" />
            {Array.from({ length: cards }, (_, i) => (
              <Skeleton key={i} className="mb-2 h-20 rounded-box" />
            ))}
          </div>
        ))}
      </div>
      <div className="hidden flex-[32] border-l border-line p-4 md:block">
        <SkeletonLines count={6} label="Loading the dashboard" />
      </div>
      <div className="hidden flex-[24] border-l border-line p-4 md:block" />
    </main>
  );
}

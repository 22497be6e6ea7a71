import { Bone, Late } from './pieces';
import styles from './table.module.css';

/** The skeleton of a table. */
export const TableSkeleton = () => (
  <Late>
    <div className={styles.frame} style={{ padding: '0.75rem', display: 'grid', gap: '1.5rem' }}>
      {Array.from({ length: 8 }, (_, i) => (
        <Bone key={i} width={`${90 - ((i * 7) % 30)}%`} />
      ))}
    </div>
  </Late>
);

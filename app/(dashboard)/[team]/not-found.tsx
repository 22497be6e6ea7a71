import { NotFoundPage } from '@/components/errors/NotFound';

export default function NotFoundInTeam() {
  return (
    <div className="text-page">
      <NotFoundPage />
    </div>
  );
}

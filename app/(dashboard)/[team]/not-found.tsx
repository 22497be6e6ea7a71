import { Missing } from '@/components/errors/NotFound';

export default function NotFoundInTeam() {
  return (
    <div className="text-page">
      <Missing />
    </div>
  );
}

import { Missing } from '@/components/errors/Missing';

export default function NotFoundInTeam() {
  return (
    <div className="text-page">
      <Missing />
    </div>
  );
}

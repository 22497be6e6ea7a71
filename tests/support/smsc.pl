#!/usr/bin/perl
# An SMSC for tests, on Net::SMPP. Prints one JSON line for each bind and submit_sm.
# Usage: smsc.pl PORT [ids=same|hex-then-decimal|decimal-then-hex]
#
# The last two digits of a recipient choose what happens:
#   01  ESME_RTHROTTLED once, then as usual       06  a receipt by parameters only
#   02  ESME_RMSGQFUL always                      07  a receipt UNDELIV err:011
#   03  the connection is cut without an answer   08  no answer
#   04  the receipt before submit_sm_resp         09  status 0x450, which is this SMSC's own
#   05  ESME_RINVDSTADR                           10  part 2 is throttled once
#   else accepted, with a receipt DELIVRD
use strict;
use warnings;
use Net::SMPP;
use IO::Select;
$SIG{PIPE} = 'IGNORE';
$| = 1;
my ($port, $ids) = @ARGV;
$ids ||= 'same';
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34) or die "listen: $!";
my $select = IO::Select->new($listener);
my $next = 0xabc0;
my (%throttled, @receivers);

sub hex_of { unpack 'H*', defined $_[0] ? $_[0] : '' }

sub print_json {
    my @pairs = @_;
    my @fields;
    while (my ($name, $value) = splice @pairs, 0, 2) { push @fields, "\"$name\":\"$value\"" }
    print '{', join(',', @fields), "}\n";
}

sub drop {
    my ($client) = @_;
    $select->remove($client);
    @receivers = grep { $_ != $client } @receivers;
    close $client;
}

# The id in an answer, and the same one in its receipt.
sub ids_of {
    my ($number) = @_;
    return (sprintf('%X', $number), $number) if $ids eq 'hex-then-decimal';
    return ($number, sprintf('%08x', $number)) if $ids eq 'decimal-then-hex';
    return ("m-$number", "m-$number");
}

sub receipt {
    my ($pdu, $id, $code) = @_;
    my $to = $receivers[-1] or return;
    my ($stat, $err) = $code eq '07' ? ('UNDELIV', '011') : ('DELIVRD', '000');
    my @text = $code eq '06'
        ? (short_message => '', receipted_message_id => "$id\0", message_state => chr(2))
        : (short_message => "id:$id sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:$stat err:$err text:stat:UNKNOWN");
    $to->deliver_sm(async => 1, esm_class => 4, source_addr => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr}, @text);
}

sub submit {
    my ($client, $pdu) = @_;
    my $code = substr $pdu->{destination_addr}, -2;
    my $part = defined $pdu->{sar_segment_seqnum} ? unpack('C', $pdu->{sar_segment_seqnum})
        : $pdu->{esm_class} & 0x40 ? ord substr($pdu->{short_message}, ord(substr $pdu->{short_message}, 0, 1), 1) : 1;
    my $key = "$pdu->{destination_addr}/$part";
    my $status = $code eq '02' ? 0x14 : $code eq '05' ? 0x0b : $code eq '09' ? 0x450 : 0;
    $status = 0x58 if ($code eq '01' || ($code eq '10' && $part == 2)) && !$throttled{$key}++;
    print_json(event => 'submit', to => $pdu->{destination_addr}, to_ton => $pdu->{dest_addr_ton}, to_npi => $pdu->{dest_addr_npi},
        from => $pdu->{source_addr}, ton => $pdu->{source_addr_ton}, npi => $pdu->{source_addr_npi},
        coding => $pdu->{data_coding}, esm => $pdu->{esm_class}, registered => $pdu->{registered_delivery},
        validity => $pdu->{validity_period}, short => hex_of($pdu->{short_message}), payload => hex_of($pdu->{message_payload}),
        sar => hex_of($pdu->{sar_msg_ref_num}) . hex_of($pdu->{sar_total_segments}) . hex_of($pdu->{sar_segment_seqnum}),
        status => $status);
    return drop($client) if $code eq '03';
    return if $code eq '08';
    my ($id, $receipt_id) = ids_of($next++);
    receipt($pdu, $receipt_id, $code) if $code eq '04';
    select undef, undef, undef, 0.05 if $code eq '04';
    $client->submit_sm_resp(seq => $pdu->{seq}, status => $status, message_id => $status ? '' : $id);
    receipt($pdu, $receipt_id, $code) if $status == 0 && $code ne '04';
}

sub bind_as {
    my ($client, $pdu, $mode) = @_;
    my $status = $pdu->{password} eq 'secret' ? 0 : 0x0e;
    print_json(event => $mode, system_id => $pdu->{system_id}, status => $status);
    my $answer = "${mode}_resp";
    $client->$answer(seq => $pdu->{seq}, status => $status, system_id => 'TEST');
    push @receivers, $client if $status == 0 && $mode ne 'bind_transmitter';
}

my %modes = (1 => 'bind_receiver', 2 => 'bind_transmitter', 9 => 'bind_transceiver');
while (1) {
    for my $ready ($select->can_read) {
        if ($ready == $listener) {
            my $client = $listener->accept or next;
            $client->autoflush(1);
            $select->add($client);
            next;
        }
        my $pdu = do { local $SIG{__WARN__} = sub {}; $ready->read_pdu };
        if (!$pdu) { drop($ready); next }
        my $command = $pdu->{cmd};
        if (my $mode = $modes{$command}) { bind_as($ready, $pdu, $mode) }
        elsif ($command == 4) { submit($ready, $pdu) }
        elsif ($command == 0x15) { $ready->enquire_link_resp(seq => $pdu->{seq}) }
        elsif ($command == 6) { $ready->unbind_resp(seq => $pdu->{seq}); drop($ready) }
        elsif ($command == 0x80000005) { print_json(event => 'receipt', status => $pdu->{status}) }
    }
}
